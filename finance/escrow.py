"""The escrow's verbs: hold, release, refund, split. An escrow is named by a key such as `order:17`.

It may be filled in several parts, and is emptied by one entry, wholly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.money import ZERO, Money
from core.refusals import Refusal
from finance import ledger, lots
from finance.models import Entry, Posting, Verb
from finance.spendable import Spendable, Split, owed_by


class ShortBalance(Refusal):
    """The buyer's balances do not cover the price; `missing` says by how much (ORD-01).

    What is owed for a payment that was taken back goes before it (FIN-03).
    """

    def __init__(self, missing: Money, owed: Money = ZERO) -> None:
        words = _("Your balance is short by %(missing)s.")
        if owed:
            words = _("Your balance is short by %(missing)s: it pays first the %(owed)s that you owe.")
        super().__init__(words % {"missing": formats.money(missing), "owed": formats.money(owed)})
        self.missing = missing


class NothingHeld(Refusal):
    """The escrow is empty: its money was paid out or returned already, or never came in."""

    def __init__(self) -> None:
        super().__init__(_("No money is held for this any more."))


@dataclass(frozen=True)
class Purpose:
    """What an escrow is for, as the words under which its entries stand on the balance page."""

    hold: Verb
    release: Verb
    refund: Verb


FOR_ORDER = Purpose(Verb.HOLD, Verb.RELEASE, Verb.REFUND)
FOR_FEE = Purpose(Verb.FEE_HOLD, Verb.FEE_PAID, Verb.FEE_BACK)
HOLDS = (Verb.HOLD, Verb.FEE_HOLD)


def hold(
    key: str,
    buyer: User,
    amount: Money,
    *,
    part: str = "",
    bonus_first: bool = True,
    reference: str,
    by: User | None,
    now: datetime,
) -> Entry:
    """Move the price from the buyer's balances into escrow (ORD-02), bonus first unless the buyer chose otherwise (FIN-01).

    `part` names what is added to an escrow that is filled already (ORD-14). Refused with ShortBalance when main and
    bonus together, less what is owed, are less than the price.
    """
    main, bonus = ledger.main_of(buyer), ledger.bonus_of(buyer)
    have = ledger.locked_balances([main, bonus])
    split = _paid(Spendable(have[main], have[bonus], owed_by(buyer)), amount, bonus_first=bonus_first)
    taken = {bonus: split.from_bonus, main: split.from_main}
    return _fill(key, buyer, taken, part=part, verb=Verb.HOLD, reference=reference, by=by, now=now)


def hold_fee(key: str, payer: User, amount: Money, *, reference: str, by: User | None, now: datetime) -> Entry:
    """Set a fee aside from the main balance: bonus money can only be spent on orders (FIN-01, REV-05)."""
    main = ledger.main_of(payer)
    have = ledger.locked_balances([main])[main]
    _paid(Spendable(have, ZERO, owed_by(payer)), amount, bonus_first=False)
    return _fill(key, payer, {main: amount}, part="", verb=Verb.FEE_HOLD, reference=reference, by=by, now=now)


def _paid(have: Spendable, amount: Money, *, bonus_first: bool) -> Split:
    split = have.split(amount, bonus_first=bonus_first)
    if split.missing:
        raise ShortBalance(split.missing, have.owed)
    return split


def _fill(
    key: str,
    payer: User,
    taken: dict[ledger.Place, Money],
    *,
    part: str,
    verb: Verb,
    reference: str,
    by: User | None,
    now: datetime,
) -> Entry:
    amount = Money.total(taken.values())
    if amount <= ZERO:
        raise ValueError(f"{key}: an escrow holds more than nothing")
    lines = {place: -each for place, each in taken.items()} | {ledger.escrow_of(key, payer): amount}
    entry = f"{key}:{part}:hold" if part else f"{key}:hold"
    main = ledger.main_of(payer)
    parts = lots.spent(main, taken.get(main, ZERO))
    return ledger.post(entry, verb, lines, lots=parts, reference=reference, by=by, now=now)


def release(
    key: str,
    seller: User,
    seller_share: Money,
    *,
    purpose: Purpose = FOR_ORDER,
    reference: str,
    by: User | None,
    now: datetime,
) -> Entry:
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
    return ledger.post(f"{key}:release", purpose.release, lines, reference=reference, by=by, now=now)


def refund(
    key: str, buyer: User, *, purpose: Purpose = FOR_ORDER, reference: str, by: User | None, now: datetime
) -> Entry:
    """Return the whole escrow to the balances each part came from (CAN-16). Refused: an empty escrow (NothingHeld)."""
    held = _locked(key)
    back = origins(key, buyer)
    lines = {**back, ledger.escrow_of(key): -held}
    parts = _into_lots(key, buyer, back)
    return ledger.post(f"{key}:refund", purpose.refund, lines, lots=parts, reference=reference, by=by, now=now)


def split(
    key: str,
    buyer: User,
    seller: User,
    *,
    refunded: Money,
    seller_share: Money,
    reference: str,
    by: User | None,
    now: datetime,
) -> Entry:
    """Return a part of the escrow to the buyer, pay the seller's share, book the rest as commission (ARB-04).

    Refused: an empty escrow (NothingHeld), parts that are less than nothing or exceed what is held (Overdrawn).
    """
    held = _locked(key)
    if refunded <= ZERO or seller_share < ZERO or refunded + seller_share > held:
        raise ledger.Overdrawn
    back = refund_parts(key, buyer, refunded)
    lines = {
        **back,
        ledger.escrow_of(key): -held,
        ledger.main_of(seller): seller_share,
        ledger.COMMISSION: held - refunded - seller_share,
    }
    parts = _into_lots(key, buyer, back)
    return ledger.post(f"{key}:split", Verb.SPLIT, lines, lots=parts, reference=reference, by=by, now=now)


def refund_parts(key: str, buyer: User, amount: Money) -> dict[ledger.Place, Money]:
    """Which balance each cent of a refund would return to: in proportion to what came from each, an odd cent to main."""
    taken = origins(key, buyer)
    main, bonus = ledger.main_of(buyer), ledger.bonus_of(buyer)
    total = Money.total(taken.values())
    to_bonus = Money(amount.cents * taken[bonus].cents // total.cents) if total else ZERO
    return {main: amount - to_bonus, bonus: to_bonus}


def origins(key: str, buyer: User) -> dict[ledger.Place, Money]:
    """How much of an escrow came from the buyer's main and bonus balance, read from the ledger itself."""
    places = (ledger.main_of(buyer), ledger.bonus_of(buyer))
    taken = dict(
        Posting.objects.filter(entry__in=_filled(key), account__key__in=[place.key for place in places])
        .values_list("account__key")
        .annotate(Sum("amount"))
    )
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


def _filled(key: str) -> QuerySet[Entry]:
    return Entry.objects.filter(verb__in=HOLDS, postings__account__key=ledger.escrow_of(key).key)


def _into_lots(key: str, buyer: User, back: dict[ledger.Place, Money]) -> dict[int, Money]:
    """What of a refund returns to lots of the payer's; no lock is needed, because it only fills them (WDR-02)."""
    main = ledger.main_of(buyer)
    if not back[main]:
        return {}
    return lots.given_back(_filled(key), main, back[main], origins(key, buyer)[main])
