"""Two steps of one order at the same moment: exactly one wins, the other is refused, the money moves once (ORD-16)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from arbitration.steps import canceling
from core.models import Event
from core.money import dollars
from finance import escrow, ledger
from marketplace.schedule import SWEEPS
from orders.models import Message, Order, Outcome, Status
from orders.moves import MOVES
from orders.steps import checkout, ending, work
from orders.steps.moving import Moving, _stop_timers, check, moving
from tests.races.together import PATIENCE_SECONDS, refusals, together
from tests.stage import Stage, give

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("ORD-16")]

MINUTE = timedelta(minutes=1)


def _kinds(order: Order) -> list[str]:
    return list(
        Event.objects.filter(subject="order", subject_id=order.pk).order_by("pk").values_list("kind", flat=True)
    )


def _settled(order: Order) -> None:
    """The order ended once and its escrow is empty."""
    assert Outcome.objects.filter(order=order).count() == 1
    assert not escrow.held_in(order.escrow_key)


def test_accepting_and_completing_by_time_pay_the_seller_once(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    now = order.review_due_at
    assert now is not None
    outcomes = together(
        lambda: ending.accept(order.pk, by=stage.buyer, now=now), lambda: ending.complete_by_time(order.pk, now)
    )
    assert refusals(outcomes) == ["OutOfTurn"]
    assert _kinds(order).count("order.completed") == 1
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(40)
    _settled(order)


def test_returning_and_completing_never_both_happen(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    due = order.review_due_at
    assert due is not None
    outcomes = together(
        lambda: work.return_for_revision(order.pk, reasons="Mend it.", by=stage.buyer, now=due - MINUTE),
        lambda: ending.complete_by_time(order.pk, due),
    )
    assert refusals(outcomes) == ["OutOfTurn"]
    kinds = _kinds(order)
    assert ("order.completed" in kinds) != ("order.returned" in kinds)


def test_starting_and_lapsing_never_both_happen(stage: Stage) -> None:
    order = stage.an_order()
    due = order.start_due_at
    assert due is not None
    outcomes = together(
        lambda: work.start(order.pk, by=stage.seller, now=due - MINUTE), lambda: ending.lapse(order.pk, due)
    )
    assert refusals(outcomes) == ["OutOfTurn"]
    order.refresh_from_db()
    held = escrow.held_in(order.escrow_key)
    assert held == (order.total if order.status == Status.IN_WORK else dollars(0))


def test_canceling_as_a_mistake_and_delivering_never_both_happen(stage: Stage) -> None:
    order = stage.an_order()
    work.start(order.pk, by=stage.seller, now=stage.later())
    now = stage.later()
    outcomes = together(
        lambda: canceling.cancel(order.pk, "CAN-01", by=stage.buyer, now=now),
        lambda: work.deliver(order.pk, text="Done.", by=stage.seller, now=now),
    )
    assert refusals(outcomes) == ["OutOfTurn"]
    kinds = _kinds(order)
    assert ("order.canceled" in kinds) != ("order.delivered" in kinds)


def test_canceling_as_a_mistake_beside_a_start_returns_all_the_money(stage: Stage) -> None:
    order = stage.an_order()
    now = stage.later()
    outcomes = together(
        lambda: canceling.cancel(order.pk, "CAN-01", by=stage.buyer, now=now),
        lambda: work.start(order.pk, by=stage.seller, now=now),
    )
    # Started first, it may still be canceled; canceled first, it cannot be started.
    assert refusals(outcomes) in ([], ["OutOfTurn"])
    order.refresh_from_db()
    assert order.status == Status.CANCELED
    assert ledger.balance(ledger.main_of(stage.buyer)) == order.total
    _settled(order)


def test_one_form_delivered_twice_is_one_delivery(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    now = stage.later()
    outcomes = together(*[lambda: work.deliver(order.pk, text="Done.", by=stage.seller, now=now)] * 2)
    assert refusals(outcomes) == ["OutOfTurn"]
    assert list(Message.objects.filter(order=order).values_list("number", flat=True)) == [1]


@pytest.mark.rule("ORD-01")
def test_a_double_click_on_order_is_one_order(stage: Stage) -> None:
    choice = stage.a_choice()
    give(stage.buyer, dollars(200), now=stage.now)
    outcomes = together(*[lambda: checkout.place(choice.pk, by=stage.buyer, now=stage.now)] * 4)
    assert refusals(outcomes) == []
    assert {order.pk for order in outcomes if isinstance(order, Order)} == {Order.objects.get().pk}
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(150)


def test_two_workers_sweeping_at_once_lapse_each_order_once(stage: Stage) -> None:
    kwork = stage.a_kwork()
    orders = [stage.an_order(kwork=kwork) for _ in range(6)]
    sweep = next(each for each in SWEEPS if each.verb is ending.lapse)
    later = stage.now + timedelta(days=2)
    counts = together(*[lambda: sweep.run(later)] * 2)
    assert sum(count for count in counts if isinstance(count, int)) == len(orders)
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(50 * len(orders))
    for order in orders:
        assert _kinds(order).count("order.canceled") == 1
        _settled(order)


@pytest.fixture
def no_row_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one door without its lock, and everybody has looked before anybody changes something."""
    all_have_looked = Barrier(2)

    @contextmanager
    def unlocked(order_id: int, verb: str, *, by: User | None, now: datetime) -> Iterator[Moving]:
        with transaction.atomic():
            order = Order.objects.select_related("buyer", "seller").get(pk=order_id)
            check(order, MOVES[verb], by=by, now=now)
            all_have_looked.wait(PATIENCE_SECONDS)
            step = Moving(order, MOVES[verb].target)
            yield step
            order.status = step.target or order.status
            if not order.is_open:
                _stop_timers(order)
            order.save()

    for module in (work, ending):
        monkeypatch.setattr(module, moving.__name__, unlocked)


@pytest.mark.usefixtures("no_row_lock")
def test_without_the_row_lock_a_lapsed_order_is_also_started(stage: Stage) -> None:
    """The negative control: the tests above can see the race that the lock prevents."""
    order = stage.an_order()
    due = order.start_due_at
    assert due is not None
    deeds: list[Callable[[], Any]] = [
        lambda: work.start(order.pk, by=stage.seller, now=due - MINUTE),
        lambda: ending.lapse(order.pk, due),
    ]
    assert refusals(together(*deeds)) == []
    order.refresh_from_db()
    assert Outcome.objects.filter(order=order).exists()
    assert not escrow.held_in(order.escrow_key)
