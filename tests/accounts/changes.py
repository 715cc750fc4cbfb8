"""What the tests of changing e-mail and login look at."""

from __future__ import annotations

import re

from django.core import mail
from django.test import Client

from accounts.models import User


def link(place: int = -1) -> str:
    """The page that a letter about a change of e-mail leads to; the last one's unless told otherwise."""
    found = re.search(r"http://\S+?(/email-change/\S+/)", str(mail.outbox[place].body))
    assert found, mail.outbox[place].body
    return found[1]


def letters() -> list[tuple[str, str]]:
    """To whom each letter went, and its subject without the site's name."""
    return [(letter.to[0], letter.subject.partition(" · ")[0]) for letter in mail.outbox]


def address_of(user: User) -> tuple[str, str | None]:
    user.refresh_from_db()
    return user.email, user.email_key


def asked(client: Client, email: str = "new@example.org") -> str:
    """The page after somebody has asked for a change of their e-mail."""
    return client.post("/settings/email/", {"email": email}, follow=True).content.decode()
