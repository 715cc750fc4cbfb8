"""Announced payments that have come, for tests of what follows."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from core.money import Money
from finance.models import OfflinePayment, OfflineWay
from finance.steps import offline


def came(user: User, amount: Money, *staff: User, way: OfflineWay = OfflineWay.BANK, now: datetime) -> OfflinePayment:
    """Announced, and confirmed with the same sum by each of the staff."""
    payment = offline.announce(way, amount, by=user, now=now)
    for by in staff:
        payment = offline.confirm(
            payment.pk, amount, f"Statement 7, {payment.code}, seen by {by.login}", by=by, now=now
        )
    return payment
