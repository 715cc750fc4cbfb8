"""Who is told of what in an order, in the center and by mail (ORD-03, MSG-05)."""

from __future__ import annotations

from datetime import datetime

import pytest

from arbitration.steps import canceling
from core import handing
from core.models import Event
from core.money import dollars
from kworks.models import Kwork, KworkStatus
from marketplace.reactions import REACTIONS
from notifications.models import Letter, Notice
from orders.models import Order, Status
from orders.moves import ENDS, MOVES
from orders.steps import ending, thread, work
from reputation import steps as reputation
from tests.orders.paying import paid_top_up
from tests.stage import Stage

Told = list[tuple[str, str]]


def _hand_on(now: datetime) -> Told:
    """Hand on what waits and what follows from it, then everything again; who was told what by this."""
    before = set(Notice.objects.values_list("pk", flat=True))
    while waiting := handing.waiting():
        for pk in waiting:
            handing.hand_on(pk, now=now)
    for pk in Event.objects.values_list("pk", flat=True):
        handing.hand_on(pk, now=now)
    fresh = Notice.objects.exclude(pk__in=before).order_by("pk").select_related("user")
    return sorted((notice.user.login, notice.kind) for notice in fresh if notice.kind.startswith(("order", "f", "ch")))


@pytest.mark.rule("ORD-03")
def test_a_new_order_is_told_at_once_in_the_centre_and_by_mail(stage: Stage) -> None:
    order = stage.an_order()
    assert _hand_on(stage.now) == [("bea", "order.placed"), ("sam", "order.placed")]
    notice = Notice.objects.get(user=stage.seller, kind="order.placed")
    assert notice.url == order.get_absolute_url()
    assert notice.facts["amount_cents"] == 4_000
    assert notice.facts["due_at"] == order.start_due_at.isoformat()  # type: ignore[union-attr]
    assert Letter.objects.get(notice=notice).due_at == order.placed_at


@pytest.mark.rule("MSG-05")
def test_each_step_tells_the_other_side(stage: Stage) -> None:
    order = stage.an_order()
    _hand_on(stage.now)
    buyer, seller, pk = stage.buyer, stage.seller, order.pk
    work.send_information(pk, text="Kiln & Co.", by=buyer, now=stage.later())
    assert _hand_on(stage.now) == [("sam", "order.briefed")]
    work.start(pk, by=seller, now=stage.later())
    assert _hand_on(stage.now) == [("bea", "order.started")]
    thread.write(pk, text="A question.", by=seller, now=stage.later())
    assert _hand_on(stage.now) == [("bea", "order.message")]
    thread.write(pk, text="An answer.", by=buyer, now=stage.later())
    assert _hand_on(stage.now) == [("sam", "order.message")]
    assert Notice.objects.get(user=seller, kind="order.message").facts["text"] == "An answer."
    work.deliver(pk, text="Done.", by=seller, now=stage.later())
    assert _hand_on(stage.now) == [("bea", "order.delivered")]
    work.return_for_revision(pk, reasons="Larger.", by=buyer, now=stage.later())
    assert _hand_on(stage.now) == [("sam", "order.returned")]
    work.deliver(pk, text="Done.", by=seller, now=stage.later())
    _hand_on(stage.now)
    ending.accept(pk, by=buyer, now=stage.later())
    assert _hand_on(stage.now) == [("bea", "order.completed"), ("sam", "order.completed")]
    reputation.leave_feedback(pk, positive=True, text="Quick.", by=buyer, now=stage.later())
    assert _hand_on(stage.now) == [("sam", "feedback.left")]


@pytest.mark.rule("ORD-07")
def test_what_the_clock_does_is_told_to_both(stage: Stage) -> None:
    lapsed, working = stage.an_order(), stage.an_order(at=Status.IN_WORK)
    reviewed = stage.an_order(at=Status.DELIVERED)
    _hand_on(stage.now)
    assert lapsed.start_due_at
    assert working.deadline
    assert reviewed.review_due_at
    ending.lapse(lapsed.pk, lapsed.start_due_at)
    assert _hand_on(stage.now) == [("bea", "order.canceled"), ("sam", "order.canceled")]
    work.expire(working.pk, working.deadline)
    assert _hand_on(stage.now) == [("bea", "order.expired"), ("sam", "order.expired")]
    ending.complete_by_time(reviewed.pk, reviewed.review_due_at)
    assert _hand_on(stage.now) == [("bea", "order.completed"), ("sam", "order.completed")]
    assert Notice.objects.get(user=stage.seller, kind="order.completed").facts["automatic"] is True


@pytest.mark.rule("CAN-01")
def test_a_cancellation_tells_both_why(stage: Stage) -> None:
    order = stage.an_order()
    _hand_on(stage.now)
    canceling.cancel(order.pk, "CAN-01", by=stage.buyer, now=stage.later())
    assert _hand_on(stage.now) == [("bea", "order.canceled"), ("sam", "order.canceled")]
    assert {notice.facts["cause"] for notice in Notice.objects.filter(kind="order.canceled")} == {"CAN-01"}


@pytest.mark.rule("ORD-01")
def test_a_stopped_choice_is_told_to_its_buyer(stage: Stage) -> None:
    choice = stage.a_choice()
    Kwork.objects.filter(pk=choice.kwork_id).update(status=KworkStatus.PAUSED)
    paid_top_up(stage, dollars(50), choice)
    assert _hand_on(stage.now) == [("bea", "checkout.stopped")]
    notice = Notice.objects.get(kind="checkout.stopped")
    assert notice.url == choice.get_absolute_url()
    assert notice.facts == {"title": choice.kwork.title, "text": "This kwork is not on sale at the moment."}


@pytest.mark.rule("ORD-01")
def test_a_paid_choice_becomes_an_order_and_both_are_told(stage: Stage) -> None:
    choice = stage.a_choice()
    paid_top_up(stage, dollars(50), choice)
    assert _hand_on(stage.now) == [("bea", "order.placed"), ("sam", "order.placed")]
    assert Order.objects.get().buyer == stage.buyer


def test_every_event_of_an_order_has_its_reactions() -> None:
    kinds = {kind for kind in REACTIONS if kind.startswith("order.")}
    assert kinds == {move.event for move in MOVES.values() if move.event} | set(ENDS.values()) | {
        "order.placed",
        "order.read",
    }
