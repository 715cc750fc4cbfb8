"""Brings kworks and orders to any point of their life, walking the real steps; never sets a status."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress

from accounts.models import User
from arbitration.steps import canceling, cases, settling
from core.money import Money, dollars
from finance import ledger
from kworks.models import Category, Kwork
from kworks.steps import drafting, moderation
from orders.models import Checkout, Order, Status
from orders.steps import checkout, ending, work

HOUR = timedelta(hours=1)
FIFTY = dollars(50)
_numbers = count(1)


def a_person(login: str, name: str, *, now: datetime, **fields: Any) -> User:
    """Somebody of the cast, whose e-mail address is confirmed."""
    user = User.objects.create_user(login, f"{login}@example.org", name=name, date_joined=now, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


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

    @cached_property
    def moderator(self) -> User:
        """Mo, who decides what is put on sale."""
        found = User.objects.filter(login="mo").first()
        return found or a_person("mo", "Mo Moderator", now=self.now, is_staff=True, is_superuser=True)

    def a_category(self) -> Category:
        """A category of the tests' own: no attributes, and any price from the least one on."""
        section, _ = Category.objects.get_or_create(parent=None, slug="studio", defaults={"name": "Studio"})
        anything = {"name": "Anything", "price_step": Money(1)}
        return Category.objects.get_or_create(parent=section, slug="anything", defaults=anything)[0]

    def a_kwork(self, *, price: Money = FIFTY, lead_days: int = 4, extras: int = 0) -> Kwork:
        """A kwork of the seller's that is on sale; each of the extras costs $10 and adds a day."""
        number = next(_numbers)
        written = {
            "category": str(self.a_category().pk),
            "title": f"A logo for your company, number {number}",
            "description": "Three drafts and a finished logo.",
            "volume": "One logo",
            "instruction": "Tell me the name of your company.",
            "price": str(price),
            "lead_days": str(lead_days),
            "extras": [
                {"title": f"Extra {each}", "price": "10", "days": "1", "way": "more"} for each in range(1, extras + 1)
            ],
        }
        kwork = drafting.begin_draft(by=self.seller, now=self.now, typed=written)
        drafting.submit(kwork.pk, by=self.seller, now=self.now)
        moderation.accept(kwork.pk, revision=0, by=self.moderator, now=self.now)
        kwork = Kwork.objects.get(pk=kwork.pk)
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
        """An order that has come as far as `at`; canceled means by the buyer as a mistake, split in arbitration."""
        choice = self.a_choice(kwork, quantity=quantity)
        give(self.buyer, choice.shown_total, now=self.now)
        order = checkout.place(choice.pk, by=self.buyer, now=self.now)
        if at is Status.CANCELED:
            canceling.cancel(order.pk, "CAN-01", by=self.buyer, now=self.later())
        if at is Status.SPLIT:
            self._split(order)
        if at in (Status.IN_WORK, Status.DELIVERED, Status.COMPLETED):
            work.start(order.pk, by=self.seller, now=self.later(HOUR))
        if at in (Status.DELIVERED, Status.COMPLETED):
            work.deliver(order.pk, text="Here it is.", by=self.seller, now=self.later(HOUR))
        if at is Status.COMPLETED:
            ending.accept(order.pk, by=self.buyer, now=self.later(HOUR))
        order.refresh_from_db()
        assert order.status == at
        return order

    def _split(self, order: Order) -> None:
        """Both sides agree in arbitration that two fifths go back to the buyer."""
        cases.open_case(order.pk, text="We do not agree.", by=self.buyer, now=self.later())
        part = Money(order.total.cents * 2 // 5)
        proposal = settling.offer(order.pk, part, text="", by=self.buyer, now=self.later())
        settling.agree(proposal.pk, by=self.seller, now=self.later())

    def later(self, by: timedelta = timedelta(minutes=1)) -> datetime:
        """Moves the play's clock on and returns the new moment."""
        self.now += by
        return self.now
