"""What an order will be paid from, before it is paid (FIN-01)."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User
from core.money import Money
from finance import ledger


@dataclass(frozen=True)
class Payment:
    """How a total is split over the buyer's two balances, in cents; `missing` is what both together lack."""

    total: Money
    from_bonus: Money
    from_main: Money
    missing: Money
    is_bonus_first: bool


@dataclass(frozen=True)
class Balances:
    """A buyer's two balances as they stand, in cents."""

    main: Money
    bonus: Money

    @classmethod
    def of(cls, user: User) -> Balances:
        return cls(ledger.balance(ledger.main_of(user)), ledger.balance(ledger.bonus_of(user)))

    def pay(self, total: Money, *, bonus_first: bool) -> Payment:
        """The split that finance.escrow.hold would make now."""
        first, second = (self.bonus, self.main) if bonus_first else (self.main, self.bonus)
        from_first = min(first, total)
        from_second = min(second, total - from_first)
        missing = total - from_first - from_second
        bonus, main = (from_first, from_second) if bonus_first else (from_second, from_first)
        return Payment(total, bonus, main, missing, bonus_first)

    def differs(self, total: Money) -> bool:
        """Whether it matters which balance pays first."""
        return self.pay(total, bonus_first=True).from_bonus != self.pay(total, bonus_first=False).from_bonus
