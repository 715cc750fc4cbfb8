"""What each side reads under the clocks of an order (ORD-12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from orders.models import Order, Status
from orders.moves import Actor
from orders.queries.clocks import consequences, lead_time
from orders.steps import work
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
    (clock,) = consequences(order, stage.seller, order.deadline - timedelta(hours=1))
    assert (clock.at, clock.past, clock.tone, clock.mine) == (order.deadline, False, "caution", True)
    assert clock.consequence.startswith("The order shows as Expired. Its money stays in escrow;")
    (clock,) = consequences(order, stage.buyer, order.deadline)
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


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELED])
def test_nothing_runs_once_it_is_over(stage: Stage, status: Status) -> None:
    assert consequences(stage.an_order(at=status), stage.buyer, stage.now) == []


@pytest.mark.rule("CAT-06")
@pytest.mark.parametrize(
    ("hours", "told"), [(24, "1 day"), (96, "4 days"), (108, "4 days 12 hours"), (1, "1 hour"), (25, "1 day 1 hour")]
)
def test_lead_times_are_written_in_days_and_hours(hours: int, told: str) -> None:
    assert lead_time(hours) == told
