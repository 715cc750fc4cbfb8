"""The escrow's verbs: hold, release, refund. An escrow is named by a key such as `order:17`."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from core.money import ZERO, Money
from core.refusals import Refusal
from finance import ledger
from finance.models import Entry, Posting, Verb


class ShortBalance(Refusal):
    """The buyer's balances do not cover the price; `missing` says by how much (ORD-01)."""

    def __init__(self, missing: Money) -> None:
        super().__init__(_("Your balance is short by $%(missing)s.") % {"missing": missing})
        self.missing = missing


class NothingHeld(Refusal):
    """The escrow is empty: its money was paid out or returned already, or never came in."""

    def __init__(self) -> None:
        super().__init__(_("No money is held for this any more."))


def hold(
    key: str, buyer: User, amount: Money, *, bonus_first: bool = True, reference: str, by: User | None, now: datetime
) -> Entry:
    """Move the price from the buyer's balances into escrow (ORD-02), bonus first unless the buyer chose otherwise (FIN-01).

    Refused with ShortBalance when main and bonus together are less than the price.
    """
    if amount <= ZERO:
        raise ValueError(f"{key}: an escrow holds more than nothing")
    main, bonus = ledger.main_of(buyer), ledger.bonus_of(buyer)
    have = ledger.locked_balances([main, bonus])
    missing = amount - have[main] - have[bonus]
    if missing > ZERO:
        raise ShortBalance(missing)
    first, second = (bonus, main) if bonus_first else (main, bonus)
    from_first = min(have[first], amount)
    lines = {first: -from_first, second: from_first - amount, ledger.escrow_of(key, buyer): amount}
    return ledger.post(_hold_key(key), Verb.HOLD, lines, reference=reference, by=by, now=now)


def release(key: str, seller: User, seller_share: Money, *, reference: str, by: User | None, now: datetime) -> Entry:
    """Pay the seller's share to the main balance and book the rest of the escrow as commission (ORD-11).

    Refused: an empty escrow (NothingHeld), a share larger than what is held (Overdrawn).
    """
    held = _locked(key)
    if not ZERO <= seller_share <= held:
        raise ledger.Overdrawn
    lines = {
        ledger.escrow_of(key): -held,
        ledger.main_of(seller): seller_share,
        ledger.COMMISSION: held - seller_share,
    }
    return ledger.post(f"{key}:release", Verb.RELEASE, lines, reference=reference, by=by, now=now)


def refund(key: str, buyer: User, *, reference: str, by: User | None, now: datetime) -> Entry:
    """Return the whole escrow to the balances each part came from (CAN-16). Refused: an empty escrow (NothingHeld)."""
    held = _locked(key)
    lines = {**origins(key, buyer), ledger.escrow_of(key): -held}
    return ledger.post(f"{key}:refund", Verb.REFUND, lines, reference=reference, by=by, now=now)


def origins(key: str, buyer: User) -> dict[ledger.Place, Money]:
    """How much of an escrow came from the buyer's main and bonus balance, read from the ledger itself."""
    taken = dict(
        Posting.objects.filter(entry__key=_hold_key(key), account__owner=buyer, amount__lt=0).values_list(
            "account__key", "amount"
        )
    )
    places = (ledger.main_of(buyer), ledger.bonus_of(buyer))
    return {place: -taken.get(place.key, ZERO) for place in places}


def held_in(key: str) -> Money:
    """What an escrow holds now, in cents."""
    return ledger.balance(ledger.escrow_of(key))


def _locked(key: str) -> Money:
    """What an escrow holds, which nobody else can touch until the transaction ends."""
    held = ledger.held_now(ledger.escrow_of(key))
    if not held:
        raise NothingHeld
    return held


def _hold_key(key: str) -> str:
    return f"{key}:hold"
