"""The site's one clock. Only edges (views, tasks, commands) read it; verbs are given `now`."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from core.models import ClockShift


def now() -> datetime:
    """The moment in UTC; with development tools on, moved forward by what the time machine added."""
    moment = timezone.now()
    return moment + shift() if settings.DEV_TOOLS else moment


def shift() -> timedelta:
    """How far the time machine has moved the clock; always nothing in production."""
    if not settings.DEV_TOOLS:
        return timedelta()
    return ClockShift.objects.values_list("shift", flat=True).first() or timedelta()


def move_forward(by: timedelta) -> None:
    """Move the site's clock forward. Refused outside development and for steps back: time here never reverses."""
    if not settings.DEV_TOOLS:
        raise RuntimeError("The clock can be moved only with DEV_TOOLS on.")
    if by <= timedelta():
        raise ValueError("The clock moves forward only.")
    ClockShift.objects.get_or_create(pk=1)
    ClockShift.objects.filter(pk=1).update(shift=F("shift") + by)
