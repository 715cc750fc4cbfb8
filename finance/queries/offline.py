"""Reads of announced payments (PAY-01)."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from finance.models import OfflinePayment, OfflineStatus
from finance.steps.offline import may_confirm


def payments_for(by: User) -> QuerySet[OfflinePayment]:
    """What this member of staff may confirm: nobody confirms a payment of one's own."""
    return OfflinePayment.objects.exclude(user=by)


def waiting_payments(by: User) -> int | None:
    """How many wait for their money, for the menu; nothing for who confirms none."""
    if not may_confirm(by):
        return None
    return payments_for(by).filter(status=OfflineStatus.ANNOUNCED).count()
