"""Random lives of several orders, with jumps of the clock: whatever happens, the money is right and every order can end.

LIVES=500 in the environment plays so many.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from arbitration.models import Case, Mediation, Mediator, Settlement, WaitsFor
from arbitration.rules import REASONS
from arbitration.steps import canceling, cases, rejecting, settling
from arbitration.steps.overtaking import overtake
from core.money import Money, dollars
from core.refusals import Refusal
from finance import escrow, ledger, proof
from marketplace.schedule import SWEEPS
from orders.models import Dispute, Offer, Order, Outcome, Policy, Status
from orders.moves import Actor
from orders.queries.clocks import consequences
from orders.steps import ending, offers, thread, work
from tests.stage import Stage, a_person, give, give_bonus

TIMERS = [sweep for sweep in SWEEPS if sweep.rows().model is Order]
JUMPS = [timedelta(minutes=10), timedelta(hours=7), timedelta(days=1), timedelta(days=3), timedelta(days=15)]
CENTS = st.integers(min_value=0, max_value=9_000)
WHICH = st.integers(min_value=0, max_value=2)
LIVES = int(os.environ.get("LIVES", "6"))
SIDE = st.sampled_from(["buyer", "seller"])
Deed = Callable[[int, User, datetime], object]


def _latest(model: Any, **of: Any) -> int:
    """The newest thing of a kind; one that does not exist when there is none."""
    found = model.objects.filter(**of).order_by("-pk").values_list("pk", flat=True).first()
    if found is None:
        raise NothingThere
    return int(found)


class NothingThere(Refusal):
    """There is nothing of the kind to act upon."""

    def __init__(self) -> None:
        super().__init__("There is nothing of the kind.")


def _rejection(pk: int) -> dict[str, Any]:
    return {"rejection__order": pk}


DEEDS: dict[str, Deed] = {
    "send information": lambda pk, by, now: work.send_information(pk, text="Here.", by=by, now=now),
    "write": lambda pk, by, now: thread.write(pk, text="Hello.", by=by, now=now),
    "remind": lambda pk, by, now: work.remind(pk, by=by, now=now),
    "start": lambda pk, by, now: work.start(pk, by=by, now=now),
    "deliver": lambda pk, by, now: work.deliver(pk, text="Done.", by=by, now=now),
    "accept": lambda pk, by, now: ending.accept(pk, by=by, now=now),
    "return": lambda pk, by, now: work.return_for_revision(pk, reasons="Mend it.", by=by, now=now),
    "offer": lambda pk, by, now: offers.offer(
        pk, Order.objects.select_related("kwork").get(pk=pk).kwork, quantity=1, by=by, now=now
    ),
    "accept offer": lambda pk, by, now: offers.accept(_latest(Offer, order=pk), by=by, now=now),
    "decline offer": lambda pk, by, now: offers.decline(_latest(Offer, order=pk), by=by, now=now),
    "withdraw offer": lambda pk, by, now: offers.withdraw(_latest(Offer, order=pk), by=by, now=now),
    "confirm": lambda pk, by, now: canceling.confirm(pk, by=by, now=now),
    "decline": lambda pk, by, now: canceling.decline(pk, text="No.", by=by, now=now),
    "withdraw": lambda pk, by, now: canceling.withdraw(pk, by=by, now=now),
    "reject": lambda pk, by, now: rejecting.reject(pk, text="No.", by=by, now=now),
    "withdraw rejection": lambda pk, by, now: rejecting.withdraw(pk, by=by, now=now),
    "approve rejection": lambda pk, by, now: rejecting.approve(pk, by=by, now=now),
    "hire": lambda pk, by, now: rejecting.hire(pk, Mediator.objects.get(), by=by, now=now),
    "end mediation": lambda pk, by, now: rejecting.end_mediation(pk, by=by, now=now),
    "open case": lambda pk, by, now: cases.open_case(pk, text="Help.", by=by, now=now),
    "state": lambda pk, by, now: cases.state(_latest(Case, order=pk), text="So it was.", by=by, now=now),
    "agree": lambda pk, by, now: settling.agree(_latest(Settlement, order=pk), by=by, now=now),
    "decline settlement": lambda pk, by, now: settling.decline(_latest(Settlement, order=pk), by=by, now=now),
    "concede": lambda pk, by, now: settling.concede(pk, by=by, now=now),
}


class AnyLife(RuleBasedStateMachine):
    """Three orders of one buyer and one seller, one of them under the rejection policy."""

    stage: Stage
    mediator: User
    arbiter: User
    begins: datetime

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.now = self.stage.now = self.begins
        self.orders: list[int] = []

    def teardown(self) -> None:
        try:
            self._every_order_can_still_end()
        finally:
            transaction.savepoint_rollback(self.savepoint)

    @initialize(bonus=CENTS)
    def place(self, bonus: int) -> None:
        kwork = self.stage.a_kwork()
        for _ in range(3):
            if bonus:
                give_bonus(self.stage.buyer, Money(bonus), now=self.now)
            self.orders.append(self.stage.an_order(kwork=kwork).pk)
        Order.objects.filter(pk=self.orders[2]).update(policy=Policy.REJECTION)
        give(self.stage.buyer, dollars(100), now=self.now)
        give(self.stage.seller, dollars(30), now=self.now)

    @rule(which=WHICH, name=st.sampled_from(sorted(DEEDS)), side=SIDE)
    def do(self, which: int, name: str, side: str) -> None:
        self._try(DEEDS[name], which, getattr(self.stage, side))

    @rule(which=WHICH, name=st.sampled_from(["start", "deliver", "write"]))
    def work(self, which: int, name: str) -> None:
        self._try(DEEDS[name], which, self.stage.seller)

    @rule(which=WHICH, reason=st.sampled_from(sorted(REASONS)))
    def cancel(self, which: int, reason: str) -> None:
        by = self.stage.buyer if REASONS[reason].actor is Actor.BUYER else self.stage.seller
        self._try(lambda pk, by, now: canceling.cancel(pk, reason, by=by, now=now), which, by)

    @rule(which=WHICH, cents=CENTS, side=SIDE)
    def settle(self, which: int, cents: int, side: str) -> None:
        by = getattr(self.stage, side)
        self._try(lambda pk, by, now: settling.offer(pk, Money(cents), text="", by=by, now=now), which, by)

    @rule(which=WHICH, cents=CENTS)
    def mediate(self, which: int, cents: int) -> None:
        def propose(pk: int, by: User, now: datetime) -> object:
            mediation = _latest(Mediation, **_rejection(pk))
            return rejecting.propose(mediation, Money(cents), text="So.", by=by, now=now)

        self._try(propose, which, self.mediator)

    @rule(which=WHICH, cents=CENTS, favor=st.sampled_from([Actor.BUYER, Actor.SELLER]), beyond=st.booleans())
    def decide(self, which: int, cents: int, favor: Actor, beyond: bool) -> None:
        decision = cases.Decision(Money(cents), favor, beyond, "So it is.")
        self._try(
            lambda pk, by, now: cases.decide(_latest(Case, order=pk), decision, by=by, now=now), which, self.arbiter
        )

    @rule(which=WHICH)
    def ask(self, which: int) -> None:
        self._try(
            lambda pk, by, now: cases.ask(_latest(Case, order=pk), WaitsFor.BUYER, text="Why?", by=by, now=now),
            which,
            self.arbiter,
        )

    @rule(jump=st.sampled_from(JUMPS))
    def wait(self, jump: timedelta) -> None:
        """The clock of the whole site moves on, and every timer is looked at."""
        self.now += jump
        self._sweep()

    @precondition(lambda self: self.orders)
    @invariant()
    def the_books_are_right(self) -> None:
        assert proof.breaches() == []
        for order in Order.objects.filter(pk__in=self.orders):
            held = escrow.held_in(order.escrow_key)
            assert held == (order.total if order.is_open else Money(0))
            outcome = Outcome.objects.filter(order=order).first()
            assert (outcome is None) == order.is_open
            if outcome is not None:
                assert outcome.refunded + outcome.paid <= order.total
                assert outcome.completed == (order.status == Status.COMPLETED)

    @precondition(lambda self: self.orders)
    @invariant()
    def each_timer_runs_exactly_when_the_page_says_so(self) -> None:
        for order in Order.objects.filter(pk__in=self.orders).select_related("buyer", "seller"):
            due = {
                getattr(order, sweep.column)
                for sweep in TIMERS
                if sweep.column != "idle_warn_at" and sweep.rows().filter(pk=order.pk).exists()
            }
            due.discard(None)
            shown = {clock.at for clock in consequences(order, order.buyer, self.now) if clock.at is not None}
            # The lead time may run before the work starts; its end can only come to something afterward.
            assert due <= shown, (order.status, order.dispute)
            assert shown - due <= {order.deadline}, (order.status, order.dispute)

    def _try(self, deed: Deed, which: int, by: User) -> None:
        self.now += timedelta(minutes=1)
        pk = self.orders[which]
        before = Order.objects.filter(pk=pk).values().get()
        refused = ""
        try:
            deed(pk, by, self.now)
        except Refusal as refusal:
            refused = str(refusal)
        if refused:
            assert refused.endswith(".")
            assert Order.objects.filter(pk=pk).values().get() == before
        self._react()

    def _sweep(self) -> None:
        for sweep in TIMERS:
            sweep.run(self.now)
        self._react()
        for sweep in TIMERS:
            assert sweep.run(self.now) == 0, f"{sweep.name} has acted twice"

    def _react(self) -> None:
        """What the site does after an end is handed on; here at once."""
        for order in Order.objects.filter(pk__in=self.orders, ended_at=self.now):
            overtake(order.pk, self.now)

    def _every_order_can_still_end(self) -> None:
        """Left alone, each order ends by itself; one in arbitration by a decision. Then all the money is somebody's."""
        for _ in range(6):
            self.now += timedelta(days=21)
            self._sweep()
        open_orders = Order.objects.filter(pk__in=self.orders, ended_at=None)
        for order in open_orders.all():
            assert order.dispute == Dispute.ARBITRATION
            decision = cases.Decision(order.total, Actor.BUYER, False, "So it is.")
            cases.decide(Case.objects.get(order=order).pk, decision, by=self.arbiter, now=self.now)
        assert not open_orders.all().exists()
        if self.orders:
            self.the_books_are_right()
        fees = [mediation.fee_key for mediation in Mediation.objects.filter(rejection__order__in=self.orders)]
        assert [escrow.held_in(key) for key in fees] == [Money(0)] * len(fees)
        assert ledger.balance(ledger.main_of(self.mediator)) <= dollars(10 * len(fees))


@pytest.mark.rule("ORD-16")
@pytest.mark.rule("ORD-12")
@pytest.mark.rule("CAN-17")
@pytest.mark.rule("ARB-04")
@pytest.mark.rule("REV-05")
def test_any_life_ends_with_every_cent_in_its_place(stage: Stage, ada: User, now: datetime) -> None:
    mel = a_person("mel", "Mel Mediator", now=now)
    Mediator.objects.create(user=mel, fee=dollars(10), admitted_at=now)
    AnyLife.stage, AnyLife.mediator, AnyLife.arbiter, AnyLife.begins = stage, mel, ada, now
    run_state_machine_as_test(
        AnyLife,
        settings=settings(
            max_examples=LIVES, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
