"""Every kind of notice has words, and every kind that is told has a template."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import TemplateDoesNotExist
from django.utils import timezone

from accounts.models import User
from notifications import words
from notifications.words import PARTS, Words
from tests.notifications.samples import SAMPLES

FOLDER = settings.BASE_DIR / "templates" / "notices"
SPRITE = (settings.BASE_DIR / "static" / "icons" / "lucide.svg").read_text()
KINDS = sorted(path.stem for path in FOLDER.glob("*.txt"))
VARIANTS = [(kind, facts) for kind, variants in SAMPLES.items() for facts in variants]
KIND = re.compile(r"^[a-z_]+\.[a-z_.]+$")
BEA = User(login="bea", email="bea@example.org", name="Bea")


def kinds_told(source: Path) -> set[str]:
    """What a notices.py tells of: the kinds that stand in it as text."""
    nodes = ast.walk(ast.parse(source.read_text()))
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KIND.match(node.value)
    }


def test_every_template_has_samples() -> None:
    assert sorted(SAMPLES) == KINDS


@pytest.mark.parametrize("source", sorted(settings.BASE_DIR.glob("*/notices.py")), ids=lambda path: path.parent.name)
def test_every_kind_that_is_told_has_words(source: Path) -> None:
    for kind in kinds_told(source):
        words.check_kind(kind)


@pytest.mark.parametrize(("kind", "facts"), VARIANTS)
@pytest.mark.parametrize("part", PARTS)
def test_every_kind_says_something_in_every_part(kind: str, facts: dict[str, Any], part: str) -> None:
    assert getattr(Words(kind, BEA, facts), part)


@pytest.mark.parametrize(("kind", "facts"), VARIANTS)
def test_words_use_only_the_facts_their_samples_give(kind: str, facts: dict[str, Any]) -> None:
    """A variable without a value leaves a hole in its sentence: two spaces, empty quotes, a space before a full stop."""
    said = Words(kind, BEA, facts)
    for sentence in (said.line, said.subject, *said.body, said.action):
        assert not re.search(r"  |“”| [.,:]|^ | $|\b(by|from|for|to|than)[.,]", sentence), sentence


@pytest.mark.parametrize(("kind", "facts"), VARIANTS)
def test_icons_are_in_the_sprite(kind: str, facts: dict[str, Any]) -> None:
    assert f'id="{Words(kind, BEA, facts).icon}"' in SPRITE


def test_words_are_plain_text_and_a_subject_is_one_line() -> None:
    said = Words("order.canceled", BEA, SAMPLES["order.canceled"][0])
    assert "A logo & <more>" in said.line
    assert "\n" not in said.subject


def test_money_and_moments_are_written_for_people() -> None:
    with timezone.override("America/New_York"):
        values = words.written({"amount_cents": 123_450, "due_at": "2026-03-05T09:00:00+00:00", "text_at": None})
    assert values["amount"] == "$1,234.50"
    assert values["due"] == "Mar 5, 2026, 4:00 AM EST"
    assert "text" not in values


def test_a_kind_without_words_is_refused() -> None:
    with pytest.raises(TemplateDoesNotExist):
        words.check_kind("order.unheard_of")
