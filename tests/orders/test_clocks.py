"""What each side reads under the clocks of an order (ORD-12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from arbitration.steps import canceling, cases
from orders.models import Order, Status
from orders.moves import Actor
from orders.queries.clocks import consequences, lead_time
from orders.queries.waits import waits
from orders.steps import thread, work
from tests.stage import Stage

pytestmark = pytest.mark.rule("ORD-12")


def test_before_the_start_each_side_reads_what_a_lapse_means_to_it(stage: Stage, ada: User) -> None:
    order = stage.an_order()
    for user, told in {
        stage.buyer: "The order is canceled by itself and $50.00 returns to your balance. "
        "This counts against the rating of Sam Seller.",
        stage.seller: "The order is canceled by itself and $50.00 goes back to Bea Buyer. "
        "This counts against your rating.",
        ada: "The order is canceled by itself and $50.00 goes back to Bea Buyer. "
        "This counts against the rating of Sam Seller.",
    }.items():
        start, lead = consequences(order, user, stage.now)
        assert (start.at, start.consequence, start.actor) == (order.start_due_at, told, Actor.SELLER)
        assert start.mine is (user == stage.seller)
        assert (lead.label, lead.at) == ("Lead time: 4 days", None)
        assert "It starts when" in lead.stands


def test_once_the_information_is_sent_both_clocks_run(stage: Stage) -> None:
    order = stage.an_order()
    work.send_information(order.pk, text="Kiln & Co.", by=stage.buyer, now=stage.now)
    order.refresh_from_db()
    start, lead = consequences(order, stage.buyer, stage.now)
    assert (start.at, lead.at) == (order.start_due_at, order.deadline)


def test_in_work_the_deadline_expires_nothing_but_the_time(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    clock, _idle = consequences(order, stage.seller, order.deadline - timedelta(hours=1))
    assert (clock.at, clock.past, clock.tone, clock.mine) == (order.deadline, False, "caution", True)
    assert clock.consequence.startswith("The order shows as Expired. Its money stays in escrow;")
    clock, _idle = consequences(order, stage.buyer, order.deadline)
    assert (clock.past, clock.mine) == (True, False)
    assert "Work and delivery can go on. You may cancel at once." in clock.consequence


def test_in_review_the_buyer_decides_and_the_lead_time_stands(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    review, lead = consequences(order, stage.buyer, stage.now)
    assert (review.at, review.actor, review.mine) == (order.review_due_at, Actor.BUYER, True)
    assert review.consequence == "The order completes by itself and Sam Seller receives $40.00."
    assert lead.stands == "It stands still during the review. Left after a return: 3 days 23 hours."
    review, _lead = consequences(order, stage.seller, stage.now)
    assert review.consequence == "The order completes by itself and you receive $40.00."


def test_a_late_delivery_says_that_it_counts(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    work.deliver(order.pk, text="Late.", by=stage.seller, now=order.deadline)
    review, lead = consequences(Order.objects.get(pk=order.pk), stage.seller, order.deadline)
    assert review.consequence.endswith("This counts against your rating.")
    assert lead.stands == "It had passed before the delivery."


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELED, Status.SPLIT])
def test_nothing_runs_once_it_is_over(stage: Stage, status: Status) -> None:
    assert consequences(stage.an_order(at=status), stage.buyer, stage.now) == []


@pytest.mark.rule("ORD-10")
def test_inactivity_is_told_quietly_until_three_days_before(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.idle_due_at is not None
    warned = order.idle_due_at - timedelta(days=3)
    for user, told in {
        stage.buyer: "The order is canceled by itself and $50.00 returns to your balance. It counts as an automatic "
        "cancellation against the rating of Sam Seller. Any message or step of either side starts the 14 days anew.",
        stage.seller: "The order is canceled by itself and $50.00 goes back to Bea Buyer. It counts as an automatic "
        "cancellation against your rating. Any message or step of either side starts the 14 days anew.",
    }.items():
        _deadline, idle = consequences(order, user, warned - timedelta(seconds=1))
        assert (idle.at, idle.consequence, idle.quiet, idle.tone) == (order.idle_due_at, told, True, "")
        _deadline, idle = consequences(order, user, warned)
        assert (idle.quiet, idle.tone) == (False, "caution")


@pytest.mark.rule("ORD-10")
def test_a_message_starts_the_two_weeks_anew(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    thread.write(order.pk, text="Hello?", by=stage.buyer, now=stage.later(timedelta(days=2)))
    _deadline, idle = consequences(Order.objects.get(pk=order.pk), stage.buyer, stage.now)
    assert idle.at == stage.now + timedelta(weeks=2)


@pytest.mark.rule("CAN-17")
def test_while_a_request_waits_own_clocks_stand_and_the_lead_time_runs(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later(timedelta(days=1)))
    order.refresh_from_db()
    deadline, idle = consequences(order, stage.buyer, stage.later(timedelta(hours=5)))[-2:]
    assert deadline.at == order.deadline
    assert deadline.consequence.endswith("It keeps running while you two disagree.")
    assert (idle.at, idle.consequence) == (None, "")
    assert idle.stands == "It stands still until the disagreement is over, and then goes on. Left: 14 days."


@pytest.mark.rule("CAN-17", "ARB-02")
def test_in_arbitration_everything_stands_still(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    cases.open_case(order.pk, text="No contact.", by=stage.buyer, now=stage.later(timedelta(days=1)))
    order.refresh_from_db()
    clocks = consequences(order, stage.seller, stage.later(timedelta(days=9)))
    assert [clock.at for clock in clocks] == [None] * len(clocks)
    (deadline,) = (clock for clock in clocks if clock.key == "deadline")
    assert deadline.stands == "It stands still until the disagreement is over, and then goes on. Left: 3 days."


@pytest.mark.rule("CAN-17")
def test_a_paused_start_and_review_say_what_is_left(stage: Stage) -> None:
    placed, delivered = stage.an_order(), stage.an_order(at=Status.DELIVERED)
    for order, key, left in ((placed, "start", "21 hours"), (delivered, "review", "3 days")):
        at = stage.now if key == "review" else order.placed_at + timedelta(hours=3)
        cases.open_case(order.pk, text="No.", by=stage.buyer, now=at)
        clocks = consequences(Order.objects.get(pk=order.pk), stage.buyer, stage.now + timedelta(days=5))
        (clock,) = (each for each in clocks if each.key == key)
        assert clock.stands.endswith(f"Left: {left}."), order.status


@pytest.mark.rule("CAN-04", "CAN-12")
def test_who_waits_for_an_answer_is_told_with_when_it_becomes_a_reason(stage: Stage, ada: User) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert waits(order, stage.buyer, stage.now) == []
    thread.write(order.pk, text="Hello?", by=stage.seller, now=stage.now)
    order = Order.objects.get(pk=order.pk)
    (wait,) = waits(order, stage.seller, stage.now)
    assert wait.text == (
        "You have been waiting for an answer from Bea Buyer since Mar 2, 2026, 10:00 AM UTC. "
        "From Mar 3, 2026, 10:00 AM UTC on you may give this as the reason for canceling."
    )
    assert (wait.mine, wait.is_reason) == (False, False)
    (wait,) = waits(order, stage.buyer, stage.now + timedelta(days=1))
    assert wait.text.startswith("Sam Seller has been waiting for your answer since")
    assert wait.text.endswith("Sam Seller may give this as the reason for canceling now.")
    assert (wait.mine, wait.is_reason) == (True, True)
    (wait,) = waits(order, ada, stage.now)
    assert "waiting for an answer from Bea Buyer" in wait.text


@pytest.mark.rule("CAN-12")
def test_a_buyers_silence_is_a_reason_only_while_the_order_is_in_work(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    thread.write(order.pk, text="Do you like it?", by=stage.seller, now=stage.now)
    (wait,) = waits(Order.objects.get(pk=order.pk), stage.seller, stage.now + timedelta(days=2))
    assert (wait.is_reason, "reason" in wait.text) == (False, False)


@pytest.mark.rule("CAT-06")
@pytest.mark.parametrize(
    ("hours", "told"), [(24, "1 day"), (96, "4 days"), (108, "4 days 12 hours"), (1, "1 hour"), (25, "1 day 1 hour")]
)
def test_lead_times_are_written_in_days_and_hours(hours: int, told: str) -> None:
    assert lead_time(hours) == told
