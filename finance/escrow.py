"""The escrow's verbs: hold, release, refund. An escrow is named by a key such as `order:17`."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from core.money import ZERO, Money
from core.refusals import Refusal
from finance import ledger
from finance.models import Entry, Posting


class ShortBalance(Refusal):
    """The buyer's balances do not cover the price; `missing` says by how much (ORD-01)."""

    def __init__(self, missing: Money) -> None:
        super().__init__(_("Your balance is short by $%(missing)s.") % {"missing": missing})
        self.missing = missing


def hold(
    key: str, buyer: User, amount: Money, *, bonus_first: bool = True, reference: str, by: User | None, now: datetime
) -> Entry:
    """Move the price from the buyer's balances into escrow (ORD-02), bonus first unless the buyer chose otherwise (FIN-01).

    Refused with ShortBalance when main and bonus together are less than the price.
    """
    main, bonus = ledger.main_of(buyer), ledger.bonus_of(buyer)
    have = ledger.locked_balances([main, bonus])
    missing = amount - have[main] - have[bonus]
    if missing > ZERO:
        raise ShortBalance(missing)
    first, second = (bonus, main) if bonus_first else (main, bonus)
    from_first = min(have[first], amount)
    lines = {first: -from_first, second: from_first - amount, ledger.escrow_of(key): amount}
    return ledger.post(f"{key}:hold", "hold", lines, reference=reference, by=by, now=now)


def release(key: str, seller: User, seller_share: Money, *, reference: str, by: User | None, now: datetime) -> Entry:
    """Pay the seller's share to the main balance and book the rest of the escrow as commission (ORD-11)."""
    held = held_in(key)
    lines = {
        ledger.escrow_of(key): -held,
        ledger.main_of(seller): seller_share,
        ledger.COMMISSION: held - seller_share,
    }
    return ledger.post(f"{key}:release", "release", lines, reference=reference, by=by, now=now)


def refund(key: str, buyer: User, *, reference: str, by: User | None, now: datetime) -> Entry:
    """Return the whole escrow to the balances each part came from (CAN-16)."""
    origin = origins(key, buyer)
    lines = {**origin, ledger.escrow_of(key): -Money.total(origin.values())}
    return ledger.post(f"{key}:refund", "refund", lines, reference=reference, by=by, now=now)


def origins(key: str, buyer: User) -> dict[ledger.Place, Money]:
    """How much of an escrow came from the buyer's main and bonus balance, read from the ledger itself."""
    entries = Entry.objects.filter(postings__account__key=ledger.escrow_of(key).key, verb="hold")
    parts = {}
    for place in (ledger.main_of(buyer), ledger.bonus_of(buyer)):
        taken = Posting.objects.filter(entry__in=entries, account__key=place.key).aggregate(sum=Sum("amount"))["sum"]
        parts[place] = -(taken or ZERO)
    return parts


def held_in(key: str) -> Money:
    """What an escrow holds now, in cents."""
    return ledger.balance(ledger.escrow_of(key))
