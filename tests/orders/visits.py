"""Visiting the pages of orders at a moment of the play's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING
from unittest.mock import patch

from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

HTMX = {"HX-Request": "true"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """The site's clock stands at the moment."""
    with patch("core.clock.now", lambda: moment):
        yield


def words(answer: Answer) -> str:
    """The page as one line of text, entities written out."""
    return " ".join(unescape(answer.content.decode()).split())


def words_of(template: str) -> str:
    """What a template without parameters says, written as `words` writes a page."""
    return " ".join(unescape(render_to_string(template)).split())
