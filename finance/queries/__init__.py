"""Reading the ledger for its owner: balances and movements, from accounts and postings only."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from accounts.models import User
from core.money import ZERO, Money
from finance.ledger import bonus_of, main_of
from finance.models import Account, AccountKind, TopUp
from finance.moves import UNFINISHED
from finance.queries.history import Movements, Wanted, movements, with_codes

__all__ = [
    "Balances",
    "Movements",
    "Wanted",
    "balances",
    "header_balance",
    "movements",
    "unfinished_top_ups",
    "with_codes",
]


@dataclass(frozen=True)
class Balances:
    """What a user has, in cents: main and bonus can be spent, `held` waits in escrow for the user's own orders."""

    main: Money
    bonus: Money
    held: Money


def header_balance(user: User) -> Money:
    """What the user can spend now, main and bonus together: one query by key."""
    keys = [main_of(user).key, bonus_of(user).key]
    found: Money | None = Account.objects.filter(key__in=keys).aggregate(sum=Sum("balance"))["sum"]
    return found or ZERO


def balances(user: User) -> Balances:
    """Everything the user has, in one query."""
    sums = dict(Account.objects.filter(owner=user).values_list("kind").annotate(Sum("balance")))
    return Balances(*(sums.get(kind, ZERO) for kind in (AccountKind.MAIN, AccountKind.BONUS, AccountKind.ESCROW)))


def unfinished_top_ups(user: User) -> list[TopUp]:
    """Top-ups that wait for the user's payment or the provider's word, newest first; the page shows the latest few."""
    return list(TopUp.objects.filter(user=user, status__in=UNFINISHED).order_by("-id")[:3])
