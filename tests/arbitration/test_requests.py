"""Asking to cancel: one at a time, answered in two days, while the order's timers stand still (CAN-15, CAN-17)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from arbitration.models import CancelRequest, RequestStatus
from arbitration.steps import canceling, cases, timers
from arbitration.tasks import overtake_ended
from core.models import Event
from core.refusals import Invalid, NotAllowed, OutOfTurn
from orders.models import Dispute, Order, Outcome, Status
from orders.steps import ending, offers, thread, work
from tests.stage import Stage, give

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def _again(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


@pytest.mark.rule("CAN-15")
def test_silence_confirms_after_two_days_to_the_second(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    asked = stage.later()
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=asked)
    with pytest.raises(OutOfTurn):
        timers.dispute_due(order.pk, asked + 2 * DAY - SECOND)
    timers.dispute_due(order.pk, asked + 2 * DAY)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.cause, _again(order).status) == ("CAN-03", Status.CANCELED)
    assert CancelRequest.objects.get(order=order).status == RequestStatus.CONFIRMED
    assert Event.objects.get(kind="order.canceled", subject_id=order.pk).by is None


@pytest.mark.rule("CAN-15")
def test_declining_needs_a_reason_and_lets_the_order_go_on(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    for nothing in ("  ", " \u200b\u2060 "):
        with pytest.raises(Invalid):
            canceling.decline(order.pk, text=nothing, by=stage.seller, now=stage.later())
    canceling.decline(order.pk, text="It is nearly done.", by=stage.seller, now=stage.later())
    request = CancelRequest.objects.get(order=order)
    assert (request.status, request.answer) == (RequestStatus.DECLINED, "It is nearly done.")
    assert (_again(order).dispute, _again(order).dispute_due_at) == (Dispute.NONE, None)
    canceling.cancel(order.pk, "CAN-05", by=stage.buyer, now=stage.later())  # and one may ask again


@pytest.mark.rule("CAN-15")
def test_there_is_one_request_at_a_time(stage: Stage) -> None:
    order = stage.an_order()
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    for rule, by in (("CAN-05", stage.buyer), ("CAN-08", stage.seller)):
        with pytest.raises(OutOfTurn):
            canceling.cancel(order.pk, rule, by=by, now=stage.later())
    assert CancelRequest.objects.filter(order=order).count() == 1


@pytest.mark.rule("CAN-15")
def test_each_side_has_its_own_answer(stage: Stage, sten: User) -> None:
    order = stage.an_order()
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    for user in (stage.buyer, sten):
        with pytest.raises(NotAllowed):
            canceling.confirm(order.pk, by=user, now=stage.later())
        with pytest.raises(NotAllowed):
            canceling.decline(order.pk, text="No.", by=user, now=stage.later())
    with pytest.raises(NotAllowed):
        canceling.withdraw(order.pk, by=stage.seller, now=stage.later())
    canceling.withdraw(order.pk, by=stage.buyer, now=stage.later())
    with pytest.raises(OutOfTurn):
        canceling.confirm(order.pk, by=stage.seller, now=stage.later())


@pytest.mark.rule("CAN-17")
@pytest.mark.parametrize("how", ["decline", "withdraw"])
def test_timers_go_on_with_exactly_what_was_left(stage: Stage, how: str) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    before = _again(order)
    assert before.review_due_at
    assert before.idle_due_at
    asked = stage.later(5 * HOUR)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=asked)
    answered = asked + 30 * HOUR
    if how == "decline":
        canceling.decline(order.pk, text="No.", by=stage.seller, now=answered)
    else:
        canceling.withdraw(order.pk, by=stage.buyer, now=answered)
    after = _again(order)
    assert after.review_due_at == before.review_due_at + 30 * HOUR
    assert after.paused_at is None
    assert after.deadline == before.deadline
    with pytest.raises(OutOfTurn):
        ending.complete_by_time(order.pk, before.review_due_at + 30 * HOUR - SECOND)
    ending.complete_by_time(order.pk, before.review_due_at + 30 * HOUR)


@pytest.mark.rule("CAN-17")
@pytest.mark.rule("ORD-05")
def test_the_twenty_four_hours_stand_still(stage: Stage) -> None:
    order = stage.an_order()
    due = order.start_due_at
    assert due is not None
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=due - HOUR)
    with pytest.raises(OutOfTurn):
        ending.lapse(order.pk, due + HOUR)
    canceling.withdraw(order.pk, by=stage.buyer, now=due + 9 * HOUR)
    with pytest.raises(OutOfTurn):
        ending.lapse(order.pk, due + 10 * HOUR - SECOND)
    ending.lapse(order.pk, due + 10 * HOUR)


@pytest.mark.rule("CAN-17")
def test_a_delivery_during_a_request_gets_its_whole_three_days_afterward(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    work.deliver(order.pk, text="Here.", by=stage.seller, now=stage.later(10 * HOUR))
    canceling.withdraw(order.pk, by=stage.buyer, now=stage.later(20 * HOUR))
    assert _again(order).review_due_at == stage.now + 3 * DAY


@pytest.mark.rule("CAN-17")
def test_the_lead_time_keeps_running(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=order.deadline - HOUR)
    work.expire(order.pk, order.deadline)
    # And so what needs no answer becomes possible; the request falls away.
    canceling.cancel(order.pk, "CAN-02", by=stage.buyer, now=order.deadline)
    assert Outcome.objects.get(order=order).cause == "CAN-02"
    assert CancelRequest.objects.get(order=order).status == RequestStatus.OVERTAKEN


@pytest.mark.rule("CAN-15")
def test_accepting_the_work_overtakes_a_request(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    ending.accept(order.pk, by=stage.buyer, now=stage.later())
    overtake_ended(Event.objects.get(kind="order.completed", subject_id=order.pk))
    assert CancelRequest.objects.get(order=order).status == RequestStatus.OVERTAKEN
    assert _again(order).status == Status.COMPLETED


@pytest.mark.rule("CAN-15")
def test_an_unknown_reason_and_an_endless_text_are_refused(stage: Stage) -> None:
    order = stage.an_order()
    with pytest.raises(Invalid):
        canceling.cancel(order.pk, "CAN-99", by=stage.buyer, now=stage.now)
    with pytest.raises(Invalid):
        canceling.cancel(order.pk, "CAN-03", text="x" * 5_001, by=stage.buyer, now=stage.now)


@pytest.mark.rule("CAN-17")
@pytest.mark.rule("CAN-04")
def test_a_request_is_no_message_and_stops_the_day_of_silence(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    canceling.withdraw(order.pk, by=stage.buyer, now=stage.later(30 * HOUR))
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-04", by=stage.buyer, now=stage.later())
    thread.write(order.pk, text="Well?", by=stage.buyer, now=stage.later())
    asked = stage.later(10 * HOUR)
    canceling.cancel(order.pk, "CAN-05", by=stage.buyer, now=asked)
    canceling.withdraw(order.pk, by=stage.buyer, now=asked + 20 * HOUR)
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-04", by=stage.buyer, now=asked + 34 * HOUR - SECOND)
    canceling.cancel(order.pk, "CAN-04", by=stage.buyer, now=asked + 34 * HOUR)


@pytest.mark.rule("ORD-05")
@pytest.mark.rule("ORD-08")
def test_what_has_run_out_is_not_held_up_by_a_dispute(stage: Stage) -> None:
    placed = stage.an_order()
    assert placed.start_due_at is not None
    with pytest.raises(OutOfTurn):
        canceling.cancel(placed.pk, "CAN-08", by=stage.seller, now=placed.start_due_at)
    with pytest.raises(OutOfTurn):
        cases.open_case(placed.pk, text="Wait!", by=stage.seller, now=placed.start_due_at)
    delivered = stage.an_order(at=Status.DELIVERED)
    assert delivered.review_due_at is not None
    with pytest.raises(OutOfTurn):
        canceling.cancel(delivered.pk, "CAN-06", by=stage.buyer, now=delivered.review_due_at)


@pytest.mark.rule("ORD-14")
@pytest.mark.rule("ORD-07")
def test_days_bought_in_review_let_the_deadline_pass_once_more(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    work.expire(order.pk, order.deadline)
    delivered = order.deadline + HOUR
    work.deliver(order.pk, text="Late.", by=stage.seller, now=delivered)
    made = offers.offer(order.pk, order.kwork, quantity=1, by=stage.seller, now=delivered + HOUR)
    give(stage.buyer, made.total, now=stage.now)
    offers.accept(made.pk, by=stage.buyer, now=delivered + 40 * HOUR)
    work.return_for_revision(order.pk, reasons="Mend it.", by=stage.buyer, now=delivered + 41 * HOUR)
    again = _again(order)
    assert again.deadline is not None
    assert (again.expired_at, again.is_expired(delivered + 41 * HOUR)) == (None, False)
    work.expire(order.pk, again.deadline)
