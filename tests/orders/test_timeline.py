"""Everything that happens in an order is told in words, with the reasons given (ORD-12)."""

from __future__ import annotations

import pytest

from arbitration.steps import canceling, settling
from arbitration.steps import cases as arbitration
from core.models import Event
from core.money import dollars
from orders.models import Order, Policy, Status
from orders.moves import ENDS, MOVES
from orders.queries.timeline import BEHIND_THE_SCENES, timeline
from orders.steps import ending, offers, work
from tests.orders.visits import signed_in, words
from tests.stage import Stage, give

pytestmark = pytest.mark.rule("ORD-12")


def _told(order: Order) -> list[str]:
    return [line.text for line in timeline(Order.objects.get(pk=order.pk))]


def test_every_kind_of_event_has_words(stage: Stage) -> None:
    order = stage.an_order()
    kinds = {move.event for move in MOVES.values() if move.event} | set(ENDS.values())
    for kind in sorted(kinds):
        Event.objects.create(kind=kind, subject="order", subject_id=order.pk, by=stage.buyer, at=stage.now)
    told = _told(order)
    assert len(told) == 1 + len(kinds)
    assert [line for line in told if "order." in line or not line] == []


def test_what_staff_read_is_left_out(stage: Stage) -> None:
    order = stage.an_order()
    for kind in BEHIND_THE_SCENES:
        Event.objects.create(kind=kind, subject="order", subject_id=order.pk, by=stage.buyer, at=stage.now)
    assert _told(order) == ["Ordered. $50.00 is held in escrow."]


@pytest.mark.rule("CAN-15")
def test_a_request_is_told_with_its_reason_and_its_answer(stage: Stage) -> None:
    order = stage.an_order()
    canceling.cancel(order.pk, "CAN-03", text="We mean two things.", by=stage.buyer, now=stage.later())
    canceling.decline(order.pk, text="I do not think so.", by=stage.seller, now=stage.later())
    asked, declined = timeline(Order.objects.get(pk=order.pk))[1:]
    assert asked.text == (
        "Cancellation requested: Misunderstanding with the seller. "
        "Without an answer it is confirmed by itself on Mar 4, 2026, 9:01 AM UTC"
    )
    assert (asked.detail, asked.actor) == ("We mean two things.", "Bea Buyer")
    assert (declined.text, declined.detail) == ("Cancellation declined: the order goes on", "I do not think so.")
    assert "I do not think so." in words(signed_in(stage.buyer).get(order.get_absolute_url()))


@pytest.mark.rule("ORD-10")
def test_warnings_and_the_end_by_inactivity_are_told(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.idle_warn_at is not None
    assert order.idle_due_at is not None
    ending.warn_idle(order.pk, order.idle_warn_at)
    ending.end_idle(order.pk, order.idle_due_at)
    warned, ended = _told(order)[-2:]
    assert warned.startswith(
        "Both sides were warned: without a message or step the order is canceled by itself on Mar 16"
    )
    assert ended == "Canceled: Nothing happened for too long. $50.00 went back to Bea Buyer."


@pytest.mark.rule("ORD-14")
def test_the_first_line_keeps_the_price_that_was_ordered(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=1)
    order = stage.an_order(kwork=kwork)
    give(stage.buyer, dollars(10), now=stage.now)
    made = offers.offer(order.pk, kwork.extras.get(), quantity=1, by=stage.seller, now=stage.later())
    offers.accept(made.pk, by=stage.buyer, now=stage.later())
    told = _told(order)
    assert told[0] == "Ordered. $50.00 is held in escrow."
    assert told[-2:] == [
        "Offered: Extra 1 for $10.00",
        "Offer accepted: Extra 1. $10.00 was added to the escrow.",
    ]


@pytest.mark.rule("REV-02")
def test_a_change_of_policy_is_told(stage: Stage, mo: object) -> None:
    order = stage.an_order()
    work.change_policy(order.pk, Policy.REJECTION, by=stage.moderator, now=stage.later())
    assert _told(order)[-1] == "The order is now left by rejection and mediation, not by reasons of cancellation"


@pytest.mark.rule("ARB-07")
def test_proposals_in_arbitration_are_told(stage: Stage) -> None:
    order = stage.an_order()
    arbitration.open_case(order.pk, text="No contact.", by=stage.buyer, now=stage.later())
    proposal = settling.offer(order.pk, dollars(10), text="Half a day of work.", by=stage.seller, now=stage.later())
    settling.decline(proposal.pk, by=stage.buyer, now=stage.later())
    assert _told(order)[1:] == [
        "Arbitration opened: the timers stand still",
        "Split proposed: $10.00 to the buyer, the rest to the seller",
        "Proposed split declined",
    ]
