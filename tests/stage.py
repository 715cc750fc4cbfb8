"""Brings kworks and orders to any point of their life, walking the real steps; never sets a status."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from accounts.models import User
from arbitration import steps as arbitration
from core.money import Money, dollars
from finance import ledger
from kworks.models import Category, Extra, Kwork, KworkStatus
from orders.models import Checkout, Order, Status
from orders.steps import checkout, ending, work

HOUR = timedelta(hours=1)
FIFTY = dollars(50)
_numbers = count(1)


def give(user: User, amount: Money, *, now: datetime) -> None:
    """Money on the main balance, booked as a paid top-up is."""
    lines = {ledger.PROVIDER: -amount, ledger.main_of(user): amount}
    ledger.post(f"test:gift:{next(_numbers)}", "top_up", lines, by=user, now=now)


def give_bonus(user: User, amount: Money, *, now: datetime) -> None:
    """Money on the bonus balance, paid for by the site."""
    lines = {ledger.PROMOTION: -amount, ledger.bonus_of(user): amount}
    ledger.post(f"test:gift:{next(_numbers)}", "bonus", lines, by=user, now=now)


@dataclass
class Stage:
    """`now` is the clock of the play; each step of an order takes an hour."""

    buyer: User
    seller: User
    now: datetime
    kworks: list[Kwork] = field(default_factory=list)

    def a_category(self) -> Category:
        section, _ = Category.objects.get_or_create(parent=None, slug="design", defaults={"name": "Design"})
        return Category.objects.get_or_create(parent=section, slug="logos", defaults={"name": "Logos"})[0]

    def a_kwork(self, *, price: Money = FIFTY, lead_days: int = 4, extras: int = 0) -> Kwork:
        """A kwork of the seller's that is on sale."""
        number = next(_numbers)
        kwork = Kwork.objects.create(
            seller=self.seller,
            category=self.a_category(),
            status=KworkStatus.ON_SALE,
            title=f"A logo for your company, number {number}",
            slug=f"a-logo-{number}",
            description="Three drafts and a finished logo.",
            volume="One logo",
            instruction="Tell me the name of your company.",
            price=price,
            lead_days=lead_days,
            created_at=self.now,
            published_at=self.now,
        )
        for position in range(extras):
            Extra.objects.create(
                kwork=kwork, title=f"Extra {position + 1}", price=dollars(10), days=1, position=position
            )
        self.kworks.append(kwork)
        return kwork

    def a_choice(
        self, kwork: Kwork | None = None, *, quantity: int = 1, extras: dict[str, int] | None = None
    ) -> Checkout:
        """A choice of the buyer's, not ordered yet."""
        kwork = kwork or self.a_kwork()
        quote = checkout.quote(kwork, quantity, extras or {})
        return checkout.choose(
            kwork,
            quantity=quantity,
            extras=extras or {},
            shown_total=quote.total,
            token=uuid4(),
            by=self.buyer,
            now=self.now,
        )

    def an_order(self, at: Status = Status.PLACED, kwork: Kwork | None = None, *, quantity: int = 1) -> Order:
        """An order that has come as far as `at`; cancelled means cancelled by the buyer as a mistake."""
        choice = self.a_choice(kwork, quantity=quantity)
        give(self.buyer, choice.shown_total, now=self.now)
        order = checkout.place(choice.pk, by=self.buyer, now=self.now)
        if at is Status.CANCELLED:
            arbitration.cancel_by_mistake(order.pk, by=self.buyer, now=self.later())
        if at in (Status.IN_WORK, Status.DELIVERED, Status.COMPLETED):
            work.start(order.pk, by=self.seller, now=self.later(HOUR))
        if at in (Status.DELIVERED, Status.COMPLETED):
            work.deliver(order.pk, text="Here it is.", by=self.seller, now=self.later(HOUR))
        if at is Status.COMPLETED:
            ending.accept(order.pk, by=self.buyer, now=self.later(HOUR))
        order.refresh_from_db()
        assert order.status == at
        return order

    def later(self, by: timedelta = timedelta(minutes=1)) -> datetime:
        """Moves the play's clock on and returns the new moment."""
        self.now += by
        return self.now
