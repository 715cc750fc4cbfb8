"""What an order will be paid from, before it is paid (FIN-01)."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from core.money import Money
from finance.rules import TOP_UP_LEAST, TOP_UP_MOST
from finance.spendable import Spendable


@dataclass(frozen=True)
class Payment:
    """How a total is split over the buyer's two balances, in cents; `missing` is what both lack for it and for what is owed."""

    total: Money
    from_bonus: Money
    from_main: Money
    missing: Money
    is_bonus_first: bool


@dataclass(frozen=True)
class Asked:
    """What a page asks a buyer for before a total is paid; `ways` are the two to choose from where they differ (FIN-01)."""

    payment: Payment
    ways: list[tuple[str, Payment]]

    @property
    def missing(self) -> Money:
        return self.payment.missing

    @property
    def adding(self) -> Money:
        """What one top-up would have to bring (ORD-01)."""
        return max(self.missing, TOP_UP_LEAST)

    @property
    def too_much(self) -> bool:
        """Whether that is more than can be added at once: a button that asks for it could only be refused (FIN-02)."""
        return self.adding > self.most

    @property
    def most(self) -> Money:
        return TOP_UP_MOST

    @property
    def announces(self) -> bool:
        """Whether the site takes announced payments (PAY-01)."""
        return bool(settings.OFFLINE_PAYMENT_DETAILS)


class Balances(Spendable):
    """A buyer's two balances as they stand, in cents."""

    def asked(self, total: Money, *, bonus_first: bool) -> Asked:
        """What a page shows of paying this total, with the balance that is chosen to pay first."""
        ways = [("bonus", self.pay(total, bonus_first=True)), ("main", self.pay(total, bonus_first=False))]
        return Asked(self.pay(total, bonus_first=bonus_first), ways if self.differs(total) else [])

    def pay(self, total: Money, *, bonus_first: bool) -> Payment:
        """The split that finance.escrow.hold would make now."""
        split = self.split(total, bonus_first=bonus_first)
        return Payment(total, split.from_bonus, split.from_main, split.missing, bonus_first)

    def differs(self, total: Money) -> bool:
        """Whether it matters which balance pays first."""
        return self.pay(total, bonus_first=True).from_bonus != self.pay(total, bonus_first=False).from_bonus
