"""Any story of top-ups, holds, releases and refunds against a model of balances that knows nothing of ledgers (FIN-06)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import User
from core.money import Money
from core.refusals import Refusal
from finance import escrow, ledger, proof
from finance.models import Entry, Posting
from tests.stage import give, give_bonus

CENTS = st.integers(min_value=1, max_value=20_000)
PEOPLE = st.integers(min_value=0, max_value=2)


@dataclass
class Purse:
    """What one person has, in cents."""

    main: int = 0
    bonus: int = 0


@dataclass
class Pot:
    """What one order holds, and out of which pocket it came."""

    buyer: int
    main: int
    bonus: int
    open: bool = True


class AnyStory(RuleBasedStateMachine):
    """The same verbs, done to the ledger and to plain numbers."""

    people: list[User]
    now: datetime
    pots = Bundle("pots")

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.purses = [Purse() for _ in self.people]
        self.held: dict[str, Pot] = {}
        self.commission = self.received = self.promised = 0

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    @rule(who=PEOPLE, cents=CENTS)
    def top_up(self, who: int, cents: int) -> None:
        give(self.people[who], Money(cents), now=self.now)
        self.purses[who].main += cents
        self.received += cents

    @rule(who=PEOPLE, cents=CENTS)
    def bonus(self, who: int, cents: int) -> None:
        give_bonus(self.people[who], Money(cents), now=self.now)
        self.purses[who].bonus += cents
        self.promised += cents

    @rule(target=pots, who=PEOPLE, cents=CENTS, bonus_first=st.booleans())
    def hold(self, who: int, cents: int, bonus_first: bool) -> str:
        key, purse, buyer = f"order:{len(self.held)}", self.purses[who], self.people[who]
        covered = cents <= purse.main + purse.bonus
        try:
            escrow.hold(key, buyer, Money(cents), bonus_first=bonus_first, reference=key, by=buyer, now=self.now)
        except escrow.ShortBalance:
            assert not covered
            return "order:none"
        assert covered
        bonus = min(purse.bonus, cents) if bonus_first else max(0, cents - purse.main)
        self.held[key] = Pot(who, cents - bonus, bonus)
        purse.main -= cents - bonus
        purse.bonus -= bonus
        return key

    @rule(key=pots, seller=PEOPLE, hundredths=st.integers(min_value=0, max_value=10_000))
    def release(self, key: str, seller: int, hundredths: int) -> None:
        pot = self.held.get(key)
        total = Money(pot.main + pot.bonus) if pot else Money(0)
        share = total.share(hundredths)
        try:
            escrow.release(key, self.people[seller], share, reference=key, by=None, now=self.now)
        except Refusal:
            assert pot is None or not pot.open
            return
        assert pot is not None
        assert pot.open
        pot.open = False
        self.purses[seller].main += share.cents
        self.commission += total.cents - share.cents

    @rule(key=pots)
    def refund(self, key: str) -> None:
        pot = self.held.get(key)
        buyer = self.people[pot.buyer if pot else 0]
        try:
            escrow.refund(key, buyer, reference=key, by=None, now=self.now)
        except Refusal:
            assert pot is None or not pot.open
            return
        assert pot is not None
        assert pot.open
        pot.open = False
        self.purses[pot.buyer].main += pot.main
        self.purses[pot.buyer].bonus += pot.bonus

    @rule(cents=CENTS)
    def pay_twice_under_one_key(self, cents: int) -> None:
        used = Entry.objects.order_by("pk").values_list("key", flat=True).first()
        if used is None:
            return
        with pytest.raises(ledger.AlreadyPosted):
            ledger.post(
                used,
                "top_up",
                {ledger.PROVIDER: -Money(cents), ledger.main_of(self.people[0]): Money(cents)},
                by=None,
                now=self.now,
            )

    @invariant()
    def the_ledger_agrees_with_the_numbers(self) -> None:
        for user, purse in zip(self.people, self.purses, strict=True):
            assert ledger.balance(ledger.main_of(user)).cents == purse.main
            assert ledger.balance(ledger.bonus_of(user)).cents == purse.bonus
        for key, pot in self.held.items():
            assert escrow.held_in(key).cents == (pot.main + pot.bonus if pot.open else 0)
        assert ledger.balance(ledger.COMMISSION).cents == self.commission
        assert ledger.balance(ledger.PROVIDER).cents == -self.received
        assert ledger.balance(ledger.PROMOTION).cents == -self.promised

    @invariant()
    def the_books_are_proven(self) -> None:
        assert proof.breaches() == []
        assert all(posting.amount for posting in Posting.objects.all())


@pytest.mark.rule("FIN-06")
@pytest.mark.rule("FIN-01")
@pytest.mark.rule("CAN-16")
def test_any_story_ends_with_the_right_balances(bea: User, sam: User, sten: User, now: datetime) -> None:
    AnyStory.people, AnyStory.now = [bea, sam, sten], now
    run_state_machine_as_test(
        AnyStory,
        settings=settings(
            max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
