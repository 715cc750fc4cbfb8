"""Having a link, and following one (REF-01)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F

from accounts.models import User
from referrals.models import ClickDay, Referrer


def own_link(user: User, *, now: datetime) -> Referrer:
    """The user's referral link, made when it is first asked for."""
    return Referrer.objects.get_or_create(user=user, defaults={"at": now})[0]


@transaction.atomic
def count_click(referrer: Referrer, *, now: datetime) -> None:
    """Count one more on this day; nothing else is kept."""
    day = now.astimezone(UTC).date()
    today, _made = ClickDay.objects.get_or_create(referrer=referrer, day=day)
    ClickDay.objects.filter(pk=today.pk).update(count=F("count") + 1)
