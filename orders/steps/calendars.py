"""The secret address of a user's calendar: made when it is first asked for, renewed when it has become known."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from orders.models import Calendar, calendar_token


def calendar_of(user: User, now: datetime) -> Calendar:
    """The user's calendar."""
    return Calendar.objects.get_or_create(user=user, defaults={"at": now})[0]


def renew(*, by: User, now: datetime) -> Calendar:
    """A new address; under the old one nothing is found any more."""
    return Calendar.objects.update_or_create(user=by, defaults={"token": calendar_token(), "at": now})[0]
