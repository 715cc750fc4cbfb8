"""Sellers are told what a moderator decided (CAT-18)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core import handing
from core.models import Event
from kworks.models import Kwork
from kworks.steps import moderation
from notifications.models import Notice
from notifications.words import Words
from tests.kworks.writing import a_waiting_draft
from tests.stage import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.rule("CAT-18")]


def told(stage: Stage, kind: str) -> tuple[str, str]:
    """The address and the words of the one notice that the event leads to, however often it is handed on."""
    event = Event.objects.get(kind=kind)
    for _ in range(2):
        handing.hand_on(event.pk, now=stage.now)
    notice = Notice.objects.get(kind=kind)
    assert notice.user == stage.seller
    words = Words(notice.kind, notice.user, notice.facts)
    return notice.url, " ".join([words.line, *words.body])


def test_accepted(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    moderation.accept(kwork.pk, revision=1, by=stage.moderator, now=stage.now)
    url, words = told(stage, "kwork.accepted")
    assert url == Kwork.objects.get(pk=kwork.pk).get_absolute_url()
    assert "“A portrait of your dog” passed moderation." in words


def test_returned(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    moderation.return_with_reasons(kwork.pk, {"title": "Whose?"}, revision=1, by=stage.moderator, now=stage.now)
    url, words = told(stage, "kwork.returned")
    assert url == reverse("kwork-edit", args=[kwork.pk])
    assert "remarks" in words


def test_rejected(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    moderation.reject(kwork.pk, "Gambling.", revision=1, by=stage.moderator, now=stage.now)
    url, words = told(stage, "kwork.rejected")
    assert url == reverse("kwork-edit", args=[kwork.pk])
    assert "“Gambling.”" in words


def test_of_a_kwork_that_is_gone_nothing_is_told(stage: Stage) -> None:
    event = Event.objects.create(
        kind="kwork.accepted", subject="kwork", subject_id=0, at=stage.now, facts={"title": "x"}
    )
    assert handing.hand_on(event.pk, now=stage.now)
    assert not Notice.objects.exists()
