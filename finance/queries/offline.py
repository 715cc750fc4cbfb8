"""Reads of announced payments (PAY-01)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.events import timeline
from finance.models import OfflinePayment, OfflineStatus
from finance.queries.withdrawal_story import Told
from finance.steps.offline import may_confirm

WORDS: dict[str, tuple[str | Promise, str, str]] = {
    "offline.announced": (_("Announced"), "tag", ""),
    "offline.canceled": (_("Canceled by the user"), "circle-x", ""),
    "offline.received": (_("The money has come and is on the balance"), "circle-check", "positive"),
    "offline.rejected": (_("Ended by staff"), "circle-x", "negative"),
}


def story(payment: OfflinePayment) -> list[Told]:
    """Everything that was recorded of it, oldest first, with who did it: for staff."""
    return [
        Told(text, event.at, icon, tone, str(event.facts.get("reason", "")), event.by.login if event.by else "")
        for event in timeline(payment)
        for text, icon, tone in [WORDS[event.kind]]
    ]


def payments_for(by: User) -> QuerySet[OfflinePayment]:
    """What this member of staff may confirm: nobody confirms a payment of one's own."""
    return OfflinePayment.objects.exclude(user=by)


def waiting_payments(by: User) -> int | None:
    """How many wait for their money, for the menu; nothing for who confirms none."""
    if not may_confirm(by):
        return None
    return payments_for(by).filter(status=OfflineStatus.ANNOUNCED).count()
