"""Which money of a main balance is bound, and what became of it: to the card it was paid from (WDR-02), or for a while (PAY-01).

Each payment by card opens a lot, and each check or money order, which can bounce. Spending takes from lots first, the oldest
first; a refund fills them again as they were.
Whoever asks here holds the lock on the main account (`ledger.locked_balances`), which every move of its lots waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q, Sum

from accounts.models import User
from core.money import ZERO, Money
from finance import ledger
from finance.ledger import Overdrawn, Place
from finance.models import Entry, Lot, LotMove, OfflinePayment, TopUp, Verb
from finance.rules import BOUND_FOR, OFFLINE_BOUND_FOR

EVERY = Q()
CHECKS = Q(announced__isnull=False)
RELEASED = Q(released_at__isnull=False)  # by support, because nothing can go back there any more


def open_with_credit(
    key: str,
    payment: TopUp | OfflinePayment,
    lines: Mapping[Place, Money],
    main: Place,
    *,
    by: User | None,
    now: datetime,
) -> None:
    """Credit a payment to the main balance and bind it: to where it came from, or until it cannot bounce any more."""
    of = {"top_up": payment} if isinstance(payment, TopUp) else {"announced": payment}
    free_at = now + (BOUND_FOR if isinstance(payment, TopUp) else OFFLINE_BOUND_FOR)
    amount = lines[main]
    lot = Lot.objects.get_or_create(
        **of, defaults={"account": ledger.account_at(main), "amount": amount, "at": now, "free_at": free_at}
    )[0]
    ledger.post(key, Verb.TOP_UP, lines, lots={lot.pk: amount}, reference=payment.reference, by=by, now=now)


def spent(main: Place, amount: Money) -> dict[int, Money]:
    """What each lot gives when this much leaves the balance: lots before other money, the oldest first."""
    return _drawn(_with_money(main), amount)


def taken_back(main: Place, amount: Money, balance: Money, *, own: Q) -> dict[int, Money]:
    """What each lot gives when a payment leaves the balance again: its `own` lot first, then what is no lot's, then checks.

    What other cards paid in goes last, so that it stays bound to them (WDR-02).
    """
    first = _drawn(_with_money(main, own), amount)
    rest = amount + Money.total(first.values())
    loose = balance - Money.total(left for _lot_id, left in _with_money(main))
    others = _with_money(main, ~own & CHECKS) + _with_money(main, ~own & ~CHECKS)
    return first | _drawn(others, max(rest - loose, ZERO))


def unbound(main: Place, amount: Money, balance: Money, now: datetime) -> dict[int, Money]:
    """What each lot gives when this much leaves a balance as money that is bound to no card and to no day.

    That is what belongs to no lot, then lots that support has released and what came by check and cannot bounce any more.
    Refused with Overdrawn when there is not so much of it.
    """
    missing = amount - (balance - Money.total(left for _lot_id, left in _with_money(main)))
    if missing <= ZERO:
        return {}
    parts = _drawn(_with_money(main, RELEASED | _settled(now)), missing)
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


def _settled(now: datetime) -> Q:
    """Lots of checks and money orders that have waited long enough, and were not taken back."""
    return Q(announced__isnull=False, announced__chargeback__isnull=True, free_at__lte=now)


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
