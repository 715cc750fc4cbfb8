"""Reading the ledger for its owner: balances and movements, from accounts and postings only."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Sum, Value, When

from accounts.models import User
from core.money import ZERO, Money
from core.staff import may
from finance.ledger import bonus_of, main_of
from finance.models import Account, AccountKind, TopUp, TopUpStatus
from finance.moves import UNFINISHED
from finance.queries.history import Movements, Wanted, movements
from finance.queries.naming import with_names
from finance.rules import UNFINISHED_SHOWN
from finance.steps.top_ups import DECIDE

__all__ = [
    "Balances",
    "Movements",
    "Unfinished",
    "Wanted",
    "balances",
    "header_balance",
    "movements",
    "questioned",
    "questioned_for",
    "unfinished_top_ups",
    "with_names",
]


@dataclass(frozen=True)
class Balances:
    """What a user has, in cents: main and bonus can be spent, `held` waits in escrow for the user's own orders and mediations.

    `set_aside` was asked to be withdrawn and is not sent yet (WDR-04).
    """

    main: Money
    bonus: Money
    held: Money
    set_aside: Money = ZERO


@dataclass(frozen=True)
class Unfinished:
    """Top-ups that are not on the balance yet: the first few, and how many there are beside them."""

    rows: list[TopUp]
    more: int


def header_balance(user: User) -> Money:
    """What the user can spend now, main and bonus together: one query by key."""
    keys = [main_of(user).key, bonus_of(user).key]
    found: Money | None = Account.objects.filter(key__in=keys).aggregate(sum=Sum("balance"))["sum"]
    return found or ZERO


def balances(user: User) -> Balances:
    """Everything the user has, in one query."""
    sums = dict(Account.objects.filter(owner=user).values_list("kind").annotate(Sum("balance")))
    kinds = (AccountKind.MAIN, AccountKind.BONUS, AccountKind.ESCROW, AccountKind.PAYOUT)
    return Balances(*(sums.get(kind, ZERO) for kind in kinds))


def unfinished_top_ups(user: User) -> Unfinished:
    """Top-ups that wait for the user's payment, the provider's word or ours (FIN-03).

    Those that we check come first, because their money is here; then the newest. One query, and one more where not all are shown.
    """
    waiting = TopUp.objects.filter(user=user, status__in=(*UNFINISHED, TopUpStatus.QUESTIONED))
    checked_first = Case(When(status=TopUpStatus.QUESTIONED, then=Value(0)), default=Value(1))
    rows = list(waiting.order_by(checked_first, "-id")[: UNFINISHED_SHOWN + 1])
    more = waiting.count() - UNFINISHED_SHOWN if len(rows) > UNFINISHED_SHOWN else 0
    return Unfinished(rows[:UNFINISHED_SHOWN], more)


def questioned() -> int:
    """How many payments staff has to look at before they are credited or closed (FIN-03)."""
    return TopUp.objects.filter(status=TopUpStatus.QUESTIONED).count()


def questioned_for(by: User) -> int | None:
    """How many of them this member of staff may decide, for the menu; nothing for who decides none, and never one's own."""
    if not may(by, DECIDE):
        return None
    return TopUp.objects.filter(status=TopUpStatus.QUESTIONED).exclude(user=by).count()
