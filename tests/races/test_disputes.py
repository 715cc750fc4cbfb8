"""Two answers to one dispute at the same moment: exactly one counts, and the money moves once (CAN-15, ARB-04, ARB-07)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from arbitration.models import Mediation, Mediator
from arbitration.steps import canceling, cases, rejecting, settling, timers
from core.money import dollars
from core.refusals import Refusal
from finance import escrow
from orders.models import Fault, Offer, OfferStatus, Order, Outcome, Policy, Status
from orders.moves import MOVES, Actor
from orders.steps import ending, offers, thread, work
from orders.steps.moving import Moving, _dispute, _stop_timers, check, moving
from tests.races.together import PATIENCE_SECONDS, refusals, together
from tests.stage import Stage, a_person, give

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("ORD-16")]

DAY = timedelta(days=1)
Pair = tuple[Callable[[], Any], Callable[[], Any]]


def _asked(stage: Stage, at: Status = Status.IN_WORK) -> tuple[Order, datetime]:
    """An order that its buyer asks to cancel, and when that is confirmed by itself."""
    order = stage.an_order(at=at)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    order.refresh_from_db()
    assert order.dispute_due_at is not None
    return order, order.dispute_due_at


def _confirm_or_withdraw(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, due = _asked(stage)
    return order, (
        lambda: canceling.confirm(order.pk, by=stage.seller, now=due),
        lambda: canceling.withdraw(order.pk, by=stage.buyer, now=due),
    )


def _decline_or_time(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, due = _asked(stage)
    return order, (
        lambda: canceling.decline(order.pk, text="No.", by=stage.seller, now=due - timedelta(seconds=1)),
        lambda: timers.dispute_due(order.pk, due),
    )


def _confirm_or_time(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, due = _asked(stage)
    return order, (
        lambda: canceling.confirm(order.pk, by=stage.seller, now=due),
        lambda: timers.dispute_due(order.pk, due),
    )


def _accept_or_confirm(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, due = _asked(stage, Status.DELIVERED)
    return order, (
        lambda: ending.accept(order.pk, by=stage.buyer, now=due),
        lambda: canceling.confirm(order.pk, by=stage.seller, now=due),
    )


def _ask_or_complete(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order = stage.an_order(at=Status.DELIVERED)
    due = order.review_due_at
    assert due is not None
    return order, (
        lambda: canceling.cancel(order.pk, "CAN-06", by=stage.buyer, now=due),
        lambda: ending.complete_by_time(order.pk, due),
    )


def _both_sides_ask(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order = stage.an_order()
    return order, (
        lambda: canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.now),
        lambda: canceling.cancel(order.pk, "CAN-08", by=stage.seller, now=stage.now),
    )


def _write_or_end_idle(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order = stage.an_order(at=Status.IN_WORK)
    due = order.idle_due_at
    assert due is not None
    return order, (
        lambda: thread.write(order.pk, text="Here I am.", by=stage.buyer, now=due),
        lambda: ending.end_idle(order.pk, due),
    )


def _open_case_or_accept(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order = stage.an_order(at=Status.DELIVERED)
    return order, (
        lambda: cases.open_case(order.pk, text="Help.", by=stage.seller, now=stage.now),
        lambda: ending.accept(order.pk, by=stage.buyer, now=stage.now),
    )


def _both_open_a_case(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order = stage.an_order(at=Status.DELIVERED)
    return order, (
        lambda: cases.open_case(order.pk, text="Help.", by=stage.seller, now=stage.now),
        lambda: cases.open_case(order.pk, text="Help.", by=stage.buyer, now=stage.now),
    )


def _in_arbitration(stage: Stage) -> tuple[Order, int, int]:
    order = stage.an_order(at=Status.DELIVERED)
    case = cases.open_case(order.pk, text="Help.", by=stage.buyer, now=stage.later())
    offered = settling.offer(order.pk, dollars(20), text="", by=stage.buyer, now=stage.later())
    return order, case.pk, offered.pk


def _decide(case: int, stage: Stage, ada: User) -> None:
    cases.decide(case, cases.Decision(dollars(10), Actor.SELLER, False, "So."), by=ada, now=stage.now)


def _decide_or_agree(stage: Stage, ada: User) -> tuple[Order, Pair]:
    order, case, offered = _in_arbitration(stage)
    return order, (
        lambda: _decide(case, stage, ada),
        lambda: settling.agree(offered, by=stage.seller, now=stage.now),
    )


def _two_decisions(stage: Stage, ada: User) -> tuple[Order, Pair]:
    order, case, _ = _in_arbitration(stage)
    return order, (lambda: _decide(case, stage, ada), lambda: _decide(case, stage, ada))


def _agree_twice(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, _case, offered = _in_arbitration(stage)
    return order, (
        lambda: settling.agree(offered, by=stage.seller, now=stage.now),
        lambda: settling.agree(offered, by=stage.seller, now=stage.now),
    )


def _agree_or_replace(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, _case, offered = _in_arbitration(stage)
    return order, (
        lambda: settling.agree(offered, by=stage.seller, now=stage.now),
        lambda: settling.offer(order.pk, dollars(5), text="", by=stage.buyer, now=stage.now),
    )


def _both_give_in(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, _case, _offered = _in_arbitration(stage)
    return order, (
        lambda: settling.concede(order.pk, by=stage.buyer, now=stage.now),
        lambda: settling.concede(order.pk, by=stage.seller, now=stage.now),
    )


def _rejected(stage: Stage) -> tuple[Order, datetime, Mediator]:
    order = stage.an_order(at=Status.IN_WORK)
    Order.objects.filter(pk=order.pk).update(policy=Policy.REJECTION)
    rejecting.reject(order.pk, text="No.", by=stage.buyer, now=stage.later())
    give(stage.seller, dollars(10), now=stage.now)
    mel = a_person("mel", "Mel Mediator", now=stage.now)
    order.refresh_from_db()
    assert order.dispute_due_at is not None
    return order, order.dispute_due_at, Mediator.objects.create(user=mel, fee=dollars(10), admitted_at=stage.now)


def _hire_or_time(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, due, mel = _rejected(stage)
    return order, (
        lambda: rejecting.hire(order.pk, mel, by=stage.seller, now=due - timedelta(seconds=1)),
        lambda: rejecting.take_effect(order.pk, due),
    )


def _hire_twice(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, _due, mel = _rejected(stage)
    return order, (
        lambda: rejecting.hire(order.pk, mel, by=stage.seller, now=stage.now),
        lambda: rejecting.hire(order.pk, mel, by=stage.seller, now=stage.now),
    )


def _propose_or_time(stage: Stage, _ada: User) -> tuple[Order, Pair]:
    order, _due, mel = _rejected(stage)
    mediation: Mediation = rejecting.hire(order.pk, mel, by=stage.seller, now=stage.now)
    end = stage.now + timedelta(days=7)
    return order, (
        lambda: rejecting.propose(mediation.pk, dollars(20), text="So.", by=mel.user, now=end),
        lambda: rejecting.end_mediation(order.pk, by=None, now=end),
    )


PAIRS = [
    _confirm_or_withdraw,
    _decline_or_time,
    _confirm_or_time,
    _accept_or_confirm,
    _ask_or_complete,
    _both_sides_ask,
    _write_or_end_idle,
    _open_case_or_accept,
    _both_open_a_case,
    _decide_or_agree,
    _two_decisions,
    _agree_twice,
    _agree_or_replace,
    _both_give_in,
    _hire_or_time,
    _hire_twice,
    _propose_or_time,
]


@pytest.mark.rule("CAN-15")
@pytest.mark.rule("ARB-07")
@pytest.mark.rule("REV-05")
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.__name__.strip("_"))
def test_of_two_steps_at_once_exactly_one_counts(stage: Stage, ada: User, pair: Any) -> None:
    order, deeds = pair(stage, ada)
    outcomes = together(*deeds)
    lost = [each for each in outcomes if isinstance(each, Exception)]
    assert len(lost) == 1, outcomes
    assert isinstance(lost[0], Refusal)
    assert str(lost[0]).endswith(".")
    order.refresh_from_db()
    assert Outcome.objects.filter(order=order).count() == (0 if order.is_open else 1)
    assert escrow.held_in(order.escrow_key) == (order.total if order.is_open else dollars(0))


@pytest.mark.rule("REV-05")
def test_two_last_signatures_at_once_carry_the_settlement_out(stage: Stage) -> None:
    order, _due, mel = _rejected(stage)
    mediation = rejecting.hire(order.pk, mel, by=stage.seller, now=stage.later())
    proposal = rejecting.propose(mediation.pk, dollars(20), text="So.", by=mel.user, now=stage.later())
    outcomes = together(
        lambda: settling.agree(proposal.pk, by=stage.buyer, now=stage.now),
        lambda: settling.agree(proposal.pk, by=stage.seller, now=stage.now),
    )
    assert sorted(str(each) for each in outcomes) == ["False", "True"]
    assert Outcome.objects.get(order=order).refunded == dollars(20)


@pytest.mark.rule("REV-05")
def test_fees_of_crossed_orders_come_back_at_once(stage: Stage) -> None:
    """Each is the other's seller: both ends touch both purses."""
    order, _due, mel = _rejected(stage)
    crossed = Stage(buyer=stage.seller, seller=stage.buyer, now=stage.now)
    other = crossed.an_order(at=Status.IN_WORK)
    Order.objects.filter(pk=other.pk).update(policy=Policy.REJECTION)
    rejecting.reject(other.pk, text="No.", by=stage.seller, now=stage.later())
    give(stage.buyer, dollars(10), now=stage.now)
    rejecting.hire(order.pk, mel, by=stage.seller, now=stage.later())
    rejecting.hire(other.pk, mel, by=stage.buyer, now=stage.later())
    outcomes = together(
        lambda: rejecting.approve(order.pk, by=stage.seller, now=stage.now),
        lambda: rejecting.approve(other.pk, by=stage.buyer, now=stage.now),
    )
    assert refusals(outcomes) == []


@pytest.mark.rule("ORD-14")
def test_an_offer_accepted_twice_is_paid_once(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    made = offers.offer(order.pk, order.kwork, quantity=1, by=stage.seller, now=stage.later())
    give(stage.buyer, dollars(200), now=stage.now)
    outcomes = together(*[lambda: offers.accept(made.pk, by=stage.buyer, now=stage.now)] * 2)
    assert refusals(outcomes) == ["OutOfTurn"]
    assert escrow.held_in(order.escrow_key) == dollars(100)


@pytest.mark.rule("ORD-14")
def test_an_offer_is_accepted_or_withdrawn(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    made = offers.offer(order.pk, order.kwork, quantity=1, by=stage.seller, now=stage.later())
    give(stage.buyer, dollars(50), now=stage.now)
    outcomes = together(
        lambda: offers.accept(made.pk, by=stage.buyer, now=stage.now),
        lambda: offers.withdraw(made.pk, by=stage.seller, now=stage.now),
    )
    assert refusals(outcomes) == ["OutOfTurn"]
    accepted = Offer.objects.get(pk=made.pk).status == OfferStatus.ACCEPTED
    assert escrow.held_in(order.escrow_key) == dollars(100 if accepted else 50)


@pytest.mark.rule("ORD-14")
def test_an_offer_accepted_while_the_order_ends_is_returned_with_it_or_refused(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    made = offers.offer(order.pk, order.kwork, quantity=1, by=stage.seller, now=stage.later())
    give(stage.buyer, dollars(50), now=stage.now)
    together(
        lambda: offers.accept(made.pk, by=stage.buyer, now=stage.now),
        lambda: canceling.cancel(order.pk, "CAN-10", by=stage.seller, now=stage.now),
    )
    order.refresh_from_db()
    assert order.status == Status.CANCELED
    assert Outcome.objects.get(order=order).refunded == order.total
    assert escrow.held_in(order.escrow_key) == dollars(0)


@pytest.fixture
def no_row_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one door without its lock, and everybody has looked before anybody changes something."""
    all_have_looked = Barrier(2)

    @contextmanager
    def unlocked(order_id: int, verb: str, *, by: User | None, now: datetime, **_rest: Any) -> Iterator[Moving]:
        with transaction.atomic():
            order = Order.objects.select_related("buyer", "seller").get(pk=order_id)
            check(order, MOVES[verb], by=by, now=now)
            all_have_looked.wait(PATIENCE_SECONDS)
            step = Moving(order, MOVES[verb].target)
            yield step
            order.status = step.target or order.status
            dispute = MOVES[verb].dispute
            if dispute is not None:
                _dispute(order, dispute, now)
            if not order.is_open:
                _stop_timers(order)
            order.save()

    for module in (work, ending, canceling):
        monkeypatch.setattr(module, moving.__name__, unlocked)


@pytest.mark.usefixtures("no_row_lock")
def test_without_the_row_lock_work_starts_in_an_order_that_was_given_up(stage: Stage) -> None:
    """The negative control: the pairs above can see the race that the lock prevents."""
    order = stage.an_order()
    given_up = ending.Ending("CAN-10", Fault.SELLER, lowers_seller=True, feedback=True)
    outcomes = together(
        lambda: work.start(order.pk, by=stage.seller, now=stage.now),
        lambda: ending.cancel(order.pk, given_up, by=stage.seller, now=stage.now),
    )
    assert refusals(outcomes) == []
    assert Outcome.objects.filter(order=order).exists()
    assert not escrow.held_in(order.escrow_key)
