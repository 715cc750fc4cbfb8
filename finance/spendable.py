"""What a user can pay with: both balances, less what is owed for payments that were taken back (FIN-01, FIN-03)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.db.models import Q, QuerySet

from accounts.models import User
from core.money import ZERO, Money
from finance import ledger
from finance.models import Chargeback


@dataclass(frozen=True)
class Split:
    """How a sum is paid from the two balances, in cents; `missing` must come in before it can be."""

    from_bonus: Money
    from_main: Money
    missing: Money


@dataclass(frozen=True)
class Spendable:
    """Two balances as they stand, in cents, and what the main one owes: that is paid before anything else."""

    main: Money
    bonus: Money
    owed: Money

    @classmethod
    def of(cls, user: User) -> Self:
        """As it is now; nothing is locked."""
        return cls(ledger.balance(ledger.main_of(user)), ledger.balance(ledger.bonus_of(user)), owed_by(user))

    def split(self, total: Money, *, bonus_first: bool) -> Split:
        """The named balance pays first, as far as it can."""
        main = max(self.main - self.owed, ZERO)
        first, second = (self.bonus, main) if bonus_first else (main, self.bonus)
        from_first = min(first, total)
        from_second = min(second, total - from_first)
        missing = total - from_first - from_second
        if missing:
            missing += max(self.owed - self.main, ZERO)
        bonus, main = (from_first, from_second) if bonus_first else (from_second, from_first)
        return Split(bonus, main, missing)


def owed_by(user: User) -> Money:
    """What is still to be collected from the user's main balance, in cents."""
    collecting = taken_back_of(user).filter(collect_due_at__isnull=False)  # exactly while something is owed
    return Money.total(collecting.values_list("owed", flat=True))


def taken_back_of(user: User) -> QuerySet[Chargeback]:
    """Everything that was ever taken back of what this user paid in, by card or announced."""
    return Chargeback.objects.filter(Q(top_up__user=user) | Q(announced__user=user))
