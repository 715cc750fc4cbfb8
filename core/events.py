"""Recording what happened, in the transaction of the change itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from core.models import Event
from core.tasks import hand_on_event


def record(kind: str, subject: models.Model, *, by: AbstractBaseUser | None, now: datetime, **facts: Any) -> Event:
    """Write an event about `subject`; `by` is empty when the clock acted. Reactions run after commit.

    `facts` must be plain JSON: cents as integers, times as ISO text.
    """
    event = Event.objects.create(
        kind=kind,
        subject=subject._meta.model_name or "",
        subject_id=subject.pk,
        by_id=by.pk if by else None,
        at=now,
        facts=facts,
    )
    hand_on_event.delay(event.pk)
    return event


def timeline(subject: models.Model) -> models.QuerySet[Event]:
    """All events of one thing, oldest first, with their actors."""
    events = Event.objects.filter(subject=subject._meta.model_name or "", subject_id=subject.pk)
    return events.select_related("by").order_by("id")
