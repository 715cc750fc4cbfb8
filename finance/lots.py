"""Which money of a main balance must go back where it was paid from, and what became of it (WDR-02).

Each payment by card opens a lot. Spending takes from lots first, the oldest first; a refund fills them again as they were.
Whoever asks here holds the lock on the main account (`ledger.locked_balances`), which every move of its lots waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q, Sum

from core.money import ZERO, Money
from finance import ledger
from finance.ledger import Overdrawn, Place
from finance.models import Entry, Lot, LotMove, TopUp, Verb
from finance.rules import BOUND_FOR

EVERY = Q()
RELEASED = Q(released_at__isnull=False)  # by support, because nothing can go back there any more


def open_with_credit(key: str, top_up: TopUp, lines: Mapping[Place, Money], main: Place, *, now: datetime) -> None:
    """Credit a payment to the main balance and bind it to where it came from."""
    lot = Lot.objects.get_or_create(
        top_up=top_up,
        defaults={"account": ledger.account_at(main), "amount": top_up.amount, "at": now, "free_at": now + BOUND_FOR},
    )[0]
    ledger.post(key, Verb.TOP_UP, lines, lots={lot.pk: top_up.amount}, reference=top_up.reference, by=None, now=now)


def spent(main: Place, amount: Money, *, first: int = 0) -> dict[int, Money]:
    """What each lot gives when this much leaves the balance: lots before other money, the oldest first.

    `first` is the number of a top-up whose lot goes before all others.
    """
    ordered = _with_money(main)
    if first:
        ordered = _with_money(main, Q(top_up=first)) + _with_money(main, ~Q(top_up=first))
    return _drawn(ordered, amount)


def unbound(main: Place, amount: Money, balance: Money) -> dict[int, Money]:
    """What each lot gives when this much leaves a balance as money that is bound to no card.

    That is what belongs to no lot, then lots that support has released.
    Refused with Overdrawn when there is not so much of it.
    """
    missing = amount - (balance - Money.total(left for _lot_id, left in _with_money(main)))
    if missing <= ZERO:
        return {}
    parts = _drawn(_with_money(main, RELEASED), missing)
    if Money.total(parts.values()) + missing:
        raise Overdrawn
    return parts


def given_back(entries: Iterable[Entry], main: Place, amount: Money, taken: Money) -> dict[int, Money]:
    """What each lot gets back when `amount` of the `taken` returns that these entries took from the balance.

    In proportion to what each gave and to what was no lot's; odd cents go to the largest remainders.
    """
    gave = _moved(entries, main)
    if not gave:
        return {}
    weights = [-moved.cents for moved in gave.values()]
    rest = taken.cents - sum(weights)
    shares = amount.split([*weights, rest])
    return dict(zip(gave, shares[:-1], strict=True))


def _drawn(lots: Iterable[tuple[int, Money]], amount: Money) -> dict[int, Money]:
    parts: dict[int, Money] = {}
    for lot_id, left in lots:
        if not amount:
            break
        parts[lot_id] = -min(left, amount)
        amount += parts[lot_id]
    return parts


def _moved(entries: Iterable[Entry], main: Place) -> dict[int, Money]:
    moves = LotMove.objects.filter(entry__in=entries, lot__account__key=main.key)
    sums = moves.values_list("lot_id").annotate(Sum("amount")).order_by("lot_id")
    return {lot_id: total for lot_id, total in sums if total != ZERO}


def _with_money(main: Place, which: Q = EVERY) -> list[tuple[int, Money]]:
    lots = Lot.objects.filter(which, account__key=main.key, left__gt=ZERO).order_by("id")
    return list(lots.values_list("id", "left"))
