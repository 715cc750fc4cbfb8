"""Reads of announced payments (PAY-01)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import formats
from core.events import timeline
from core.models import Event
from core.money import Money
from finance.models import OfflinePayment, OfflineStatus, OfflineWay
from finance.queries.withdrawal_story import Told
from finance.steps.offline import may_confirm

WAITING = (OfflineStatus.ANNOUNCED, OfflineStatus.SECOND)  # for its money, or for a second person
WORDS: dict[str, tuple[str | Promise, str, str]] = {
    "offline.announced": (_("Announced"), "tag", ""),
    "offline.canceled": (_("Canceled by the user"), "circle-x", ""),
    "offline.confirmed": (_("%(amount)s found; waits for a second person"), "clock", ""),
    "offline.sent_back": (_("Sent back: it waits for its money again"), "undo-2", "caution"),
    "offline.received": (_("%(amount)s has come and is on the balance"), "circle-check", "positive"),
    "offline.rejected": (_("Ended by staff"), "circle-x", "negative"),
    "offline.taken_back": (_("%(amount)s taken back"), "undo-2", "negative"),
}


def story(payment: OfflinePayment) -> list[Told]:
    """Everything that was recorded of it, oldest first, with who did it: for staff."""
    return [_told(event) for event in timeline(payment)]


def payments_for(by: User) -> QuerySet[OfflinePayment]:
    """What this member of staff may confirm: nobody confirms a payment of one's own."""
    return OfflinePayment.objects.exclude(user=by)


def open_acts(payment: OfflinePayment, by: User) -> list[str]:
    """What this member of staff can do with a payment now, by the names of the verbs; each decides for itself once more."""
    acts = {
        OfflineStatus.ANNOUNCED: ["confirm", "reject"],
        OfflineStatus.SECOND: ["send_back"] if payment.confirmed_by == by else ["confirm", "send_back"],
        OfflineStatus.CANCELED: ["confirm"],
        OfflineStatus.RECEIVED: [] if payment.last_by == by else ["take_back"],
    }
    return acts.get(OfflineStatus(payment.status), [])


def waiting_payments(by: User) -> int | None:
    """How many wait for their money or a second person, for the menu; nothing for who confirms none."""
    if not may_confirm(by):
        return None
    return payments_for(by).filter(status__in=WAITING).count()


def has_waiting(user: User) -> bool:
    """Whether something that this user has announced waits for its money or for a second person."""
    return OfflinePayment.objects.filter(user=user, status__in=WAITING).exists()


def _told(event: Event) -> Told:
    text, icon, tone = WORDS[event.kind]
    facts = event.facts
    words = str(text) % {"amount": formats.money(Money(facts.get("amount_cents", 0)))}
    detail = facts.get("reason") or facts.get("evidence", "")
    if "way" in facts and "evidence" in facts:  # what staff saw, and not what its user announced
        detail = f"{OfflineWay(facts['way']).label}: {detail}"
    return Told(words, event.at, icon, tone, str(detail), event.by.login if event.by else "")
