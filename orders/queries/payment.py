"""What an order will be paid from, before it is paid (FIN-01)."""

from __future__ import annotations

from dataclasses import dataclass

from core.money import Money
from finance.spendable import Spendable


@dataclass(frozen=True)
class Payment:
    """How a total is split over the buyer's two balances, in cents; `missing` is what both lack for it and for what is owed."""

    total: Money
    from_bonus: Money
    from_main: Money
    missing: Money
    is_bonus_first: bool


class Balances(Spendable):
    """A buyer's two balances as they stand, in cents."""

    def pay(self, total: Money, *, bonus_first: bool) -> Payment:
        """The split that finance.escrow.hold would make now."""
        split = self.split(total, bonus_first=bonus_first)
        return Payment(total, split.from_bonus, split.from_main, split.missing, bonus_first)

    def differs(self, total: Money) -> bool:
        """Whether it matters which balance pays first."""
        return self.pay(total, bonus_first=True).from_bonus != self.pay(total, bonus_first=False).from_bonus
