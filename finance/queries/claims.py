"""What users see of payments that are taken back, by their bank (FIN-03) or because a check bounced (PAY-01)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import formats
from core.events import timeline
from core.models import Event
from core.money import ZERO, Money
from finance.models import AccountKind, Chargeback, ChargebackStatus, OfflinePayment, Posting, TopUp
from finance.queries.withdrawable import claims_of
from finance.queries.withdrawal_story import Told


@dataclass(frozen=True)
class Claimed:
    """A payment that is taken back: what has left our account, what the balance has given of it, what is still owed."""

    chargeback: Chargeback
    taken: Money
    given: Money

    @property
    def owed(self) -> Money:
        return self.chargeback.owed

    @property
    def borne(self) -> Money:
        """What the site has given up (written off)."""
        return self.taken - self.given - self.owed

    @property
    def story(self) -> list[Told]:
        """Everything that was recorded of it, oldest first; what staff said to itself is not told."""
        return [_told(event) for event in timeline(self.chargeback)]

    @property
    def blocks(self) -> bool:
        """Whether nothing can be withdrawn because of it."""
        return self.chargeback.status == ChargebackStatus.OPEN or bool(self.owed)


WORDS: dict[str, tuple[str | Promise, str, str]] = {
    "chargeback.opened": (
        _("The bank takes %(amount)s back, as the card's owner has asked"),
        "triangle-alert",
        "caution",
    ),
    "chargeback.sent_back": (_("%(amount)s was sent back to what it was paid with"), "rotate-ccw", "caution"),
    "chargeback.send_back_failed": (_("It could not be sent back: everything came back"), "circle-check", "positive"),
    "chargeback.payment_failed": (
        _("The payment failed after all: %(amount)s never arrived, and was taken off your balance"),
        "triangle-alert",
        "caution",
    ),
    "chargeback.payment_came": (
        _("The payment has arrived after all: everything came back"),
        "circle-check",
        "positive",
    ),
    "chargeback.won": (_("The bank decided for us: everything came back"), "circle-check", "positive"),
    "chargeback.lost": (_("The bank decided against us"), "circle-x", "negative"),
    "chargeback.collected": (_("%(amount)s of what was owed came from your balance"), "wallet", ""),
    "chargeback.written_off": (_("The remaining %(amount)s need not be paid any more"), "circle-check", ""),
}


def blocking(user: User) -> list[Claimed]:
    """What keeps a user from withdrawing, the oldest first."""
    return _claimed(claims_of(user).select_related("top_up", "announced").order_by("id"))


def of_top_up(top_up: TopUp) -> list[Claimed]:
    """Every claim against one payment, the oldest first."""
    return _claimed(top_up.chargebacks.select_related("top_up").order_by("id"))


def of_announced(payments: Iterable[OfflinePayment]) -> dict[int, Claimed]:
    """Those of the announced payments that were taken back, by their numbers (PAY-01)."""
    found = _claimed(Chargeback.objects.filter(announced__in=list(payments)).order_by("id"))
    return {each.chargeback.announced_id: each for each in found if each.chargeback.announced_id}


def _told(event: Event) -> Told:
    text, icon, tone = WORDS[event.kind]
    amount = formats.money(Money(event.facts.get("amount_cents", 0)))
    return Told(str(text) % {"amount": amount}, event.at, icon, tone)


def _claimed(chargebacks: Iterable[Chargeback]) -> list[Claimed]:
    found = list(chargebacks)
    sums = _booked(found)
    return [
        Claimed(
            each,
            taken=sums.get((each.reference, AccountKind.PROVIDER), ZERO),
            given=-sums.get((each.reference, AccountKind.MAIN), ZERO),
        )
        for each in found
    ]


def _booked(chargebacks: list[Chargeback]) -> dict[tuple[str, str], Money]:
    """What each chargeback has moved on each kind of account."""
    if not chargebacks:
        return {}
    lines = Posting.objects.filter(entry__reference__in=[each.reference for each in chargebacks])
    rows = lines.values_list("entry__reference", "account__kind").annotate(total=Sum("amount")).order_by()
    return {(reference, kind): total for reference, kind, total in rows}
