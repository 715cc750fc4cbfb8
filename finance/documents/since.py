"""What became of a payment since its receipt was issued, read from the books each time: it can still change (FIN-03, PAY-01)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import formats
from core.money import ZERO, Money
from finance.models import (
    ANNOUNCED_REFERENCE,
    TOP_UP_REFERENCE,
    AccountKind,
    Chargeback,
    Document,
    DocumentKind,
    Posting,
    Withdrawal,
    WithdrawalStatus,
    numbered,
)

Words = tuple[str | Promise, str | Promise]  # of what was taken, and of what came back

CLAIMED: Words = (
    gettext_lazy("%(amount)s was taken back by the payer's bank, claim %(number)s."),
    gettext_lazy("%(amount)s was returned by the payer's bank, claim %(number)s."),
)
SENT_BACK: Words = (
    gettext_lazy("%(amount)s was sent back to what it was paid with, refund %(number)s."),
    gettext_lazy("%(amount)s could not be sent back and is on the balance again, refund %(number)s."),
)
FAILED: Words = (
    gettext_lazy("%(amount)s never arrived: the payment failed after it was credited, charge %(number)s."),
    gettext_lazy("%(amount)s has arrived after all, charge %(number)s."),
)
BOUNCED = gettext_lazy("%(amount)s was taken back, number %(number)s. The reason: %(reason)s")
TAKEN_BACK: Words = (BOUNCED, BOUNCED)  # nothing of it ever comes back
WITHDRAWN = gettext_lazy(
    "%(amount)s was withdrawn to what it was paid with, withdrawal %(number)s, and %(fee)s was the fee for it."
)


@dataclass(frozen=True)
class Turn:
    """Once that money of a payment went (positive) or came back (negative), in a sentence; `fee` went with it, to the site."""

    at: datetime
    amount: Money
    text: str
    fee: Money = ZERO


@dataclass(frozen=True)
class Since:
    """Everything that became of the payment of a receipt, oldest first; there is one only where something did."""

    amount: Money
    turns: tuple[Turn, ...]

    @property
    def undone(self) -> Money:
        """What went back to who had paid."""
        return Money.total(turn.amount for turn in self.turns)

    @property
    def fees(self) -> Money:
        return Money.total(turn.fee for turn in self.turns)

    @property
    def gone(self) -> Money:
        return self.undone + self.fees

    @property
    def remains(self) -> Money:
        return max(self.amount - self.gone, ZERO)

    @property
    def headline(self) -> str:
        """How the payment stands now, in a sentence."""
        if not self.gone:
            return _("This payment was taken back for a time. All of it stands again.")
        if not self.remains:
            return _("Nothing of this payment remains.")
        return _("%(amount)s of this payment remains.") % {"amount": formats.money(self.remains)}


def of_receipts(documents: Iterable[Document]) -> dict[int, Since]:
    """What became of the payments of these receipts, by the documents' numbers in the database; the others have none."""
    receipts = {each.reference: each for each in documents if each.kind == DocumentKind.RECEIPT}
    if not receipts:
        return {}
    found: dict[str, list[Turn]] = defaultdict(list)
    for reference, turn in (*_taken_back(receipts), *_withdrawn(receipts)):
        found[reference].append(turn)
    return {
        receipts[reference].pk: Since(
            Money(receipts[reference].facts["amount"]), tuple(sorted(turns, key=lambda turn: turn.at))
        )
        for reference, turns in found.items()
    }


def _taken_back(references: Iterable[str]) -> Iterator[tuple[str, Turn]]:
    """What banks, refunds, failures and staff have taken of these payments, and what of it came back."""
    of_payment = Q(top_up__in=_numbers(references, TOP_UP_REFERENCE)) | Q(
        announced__in=_numbers(references, ANNOUNCED_REFERENCE)
    )
    made = {
        each.reference: each for each in Chargeback.objects.filter(of_payment).select_related("top_up", "announced")
    }
    moved = Posting.objects.filter(entry__reference__in=made, account__kind=AccountKind.PROVIDER).order_by("id")
    for reference, at, amount in moved.values_list("entry__reference", "entry__at", "amount"):
        chargeback = made[reference]
        yield chargeback.payment.reference, Turn(at, amount, _told(chargeback, amount))


def _withdrawn(references: Iterable[str]) -> Iterator[tuple[str, Turn]]:
    """What their payers have had sent back to what they had paid with (WDR-02)."""
    sent = Withdrawal.objects.filter(status__in=(WithdrawalStatus.SENT, WithdrawalStatus.PAID))
    for each in sent.filter(top_up__in=_numbers(references, TOP_UP_REFERENCE)).select_related("top_up").order_by("id"):
        assert each.top_up is not None
        known = {"amount": formats.money(each.net), "number": each.pk, "fee": formats.money(each.fee)}
        yield each.top_up.reference, Turn(each.sent_at or each.at, each.net, str(WITHDRAWN) % known, each.fee)


def _told(chargeback: Chargeback, amount: Money) -> str:
    taken, returned = _words(chargeback)
    return str(taken if amount > ZERO else returned) % {
        "amount": formats.money(max(amount, -amount)),
        "number": chargeback.dispute_id or chargeback.pk,
        "reason": chargeback.announced.reason if chargeback.announced else "",
    }


def _words(chargeback: Chargeback) -> Words:
    if chargeback.announced_id is not None:
        return TAKEN_BACK
    if chargeback.is_failed:
        return FAILED
    return SENT_BACK if chargeback.is_sent_back else CLAIMED


def _numbers(references: Iterable[str], prefix: str) -> list[int]:
    return [number for each in references if (number := numbered(each, prefix))]
