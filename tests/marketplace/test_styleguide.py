"""The style page: every component is on it, it saves nothing, and it is only for development."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from marketplace.styleguide import styleguide

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
NAMED = re.compile(r"""components/(\w+)\.html|{% wrap "(\w+)\"""")


def test_every_component_is_shown_on_the_page_or_around_it() -> None:
    seen: set[str] = set()
    waiting = [*TEMPLATES.glob("styleguide/*.html"), TEMPLATES / "base.html", TEMPLATES / "404.html"]
    while waiting:
        for names in NAMED.findall(waiting.pop().read_text()):
            name = next(filter(None, names))
            if name not in seen:
                seen.add(name)
                waiting.append(TEMPLATES / f"components/{name}.html")
    drawn_by_python = {"field", "field_notes", "file_drop", "slot"}
    assert {path.stem for path in TEMPLATES.glob("components/*.html")} - seen - drawn_by_python == set()


@pytest.mark.django_db
def test_the_page_opens_and_its_forms_only_say_that_nothing_was_saved(client: Client) -> None:
    address = reverse("styleguide")
    assert client.get(address).status_code == 200
    answer = client.post(address, {"title": "Logo"}, follow=True)
    assert "saves nothing" in answer.content.decode()


def test_the_page_takes_no_other_method(rf: RequestFactory) -> None:
    assert styleguide(rf.put("/styleguide/")).status_code == 405
