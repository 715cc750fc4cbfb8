"""What sellers are told about moderation (CAT-18)."""

from __future__ import annotations

from django.urls import reverse

from core.models import Event
from kworks.models import Kwork
from kworks.steps.moderation import WHOLE
from notifications.steps import tell


def accepted(event: Event) -> None:
    """To the seller: the version that was sent is accepted."""
    if kwork := _kwork(event):
        _tell(event, kwork, kwork.get_absolute_url())


def returned(event: Event) -> None:
    """To the seller: there are remarks, beside the parts that they are about."""
    if kwork := _kwork(event):
        _tell(event, kwork, reverse("kwork-edit", args=[kwork.pk]))


def rejected(event: Event) -> None:
    """To the seller: it was rejected, and why."""
    if kwork := _kwork(event):
        _tell(event, kwork, reverse("kwork-edit", args=[kwork.pk]), text=event.facts["reasons"].get(WHOLE, ""))


def _kwork(event: Event) -> Kwork | None:
    """None when the kwork was deleted meanwhile: then there is nothing left to tell."""
    return Kwork.objects.select_related("seller").defer("search").filter(pk=event.subject_id).first()


def _tell(event: Event, kwork: Kwork, url: str, **facts: str) -> None:
    tell(kwork.seller, event=event, kind=event.kind, url=url, facts={"title": event.facts["title"], **facts})
