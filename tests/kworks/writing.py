"""Kworks with words of the test's own, by the real steps."""

from __future__ import annotations

from typing import Any

from kworks.content import Content
from kworks.models import Category, Kwork
from kworks.steps import drafting, moderation
from tests.stage import Stage


def content(stage: Stage, *, category: str = "", **parts: Any) -> Content:
    """Everything that a kwork needs; `category` as section/category of the planted tree, else the stage's own."""
    found = stage.a_category()
    if category:
        section, slug = category.split("/")
        found = Category.objects.get(parent__slug=section, slug=slug)
    return {
        "category": str(found.pk),
        "title": "A portrait of your dog",
        "description": "I paint your dog from a photograph that you send me.",
        "volume": "One portrait",
        "instruction": "Send me a photograph.",
        "price": "20",
        "lead_days": "4",
        **parts,
    }


def a_draft(stage: Stage, **parts: Any) -> Kwork:
    """A kwork of Sam's that nobody else has seen yet."""
    kwork = drafting.begin_draft(by=stage.seller, now=stage.now)
    drafting.save_draft(kwork.pk, content(stage, **parts), revision=0, by=stage.seller, now=stage.now)
    return Kwork.objects.select_related("draft").get(pk=kwork.pk)


def a_waiting_draft(stage: Stage, **parts: Any) -> Kwork:
    """A kwork of Sam's in moderation."""
    kwork = a_draft(stage, **parts)
    drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    return Kwork.objects.select_related("draft").get(pk=kwork.pk)


def publish(stage: Stage, **parts: Any) -> Kwork:
    """A kwork of Sam's on sale."""
    kwork = a_waiting_draft(stage, **parts)
    moderation.accept(kwork.pk, revision=kwork.draft.revision, by=stage.moderator, now=stage.now)
    return Kwork.objects.select_related("draft", "seller").get(pk=kwork.pk)
