"""Who is told of what in an order, in the center and by mail (ORD-03, MSG-05)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.urls import reverse

from accounts.models import User
from arbitration.steps import canceling
from core import handing
from core.models import Event
from core.money import Money, dollars
from kworks.models import Kwork, KworkStatus
from marketplace.reactions import REACTIONS
from notifications.models import Letter, Notice
from orders.models import Checkout, Order, Status
from orders.moves import ENDS, MOVES
from orders.rules import CHOICES_WAIT
from orders.steps import checkout, ending, thread, work
from reputation import steps as reputation
from tests.finance.announced import came
from tests.finance.cards import by_card, claimed
from tests.orders.paying import paid_top_up
from tests.stage import Stage, give

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


@pytest.mark.rule("ORD-01", "PAY-01")
@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("waits", True),
        ("ordered before", True),
        ("short by a cent", False),
        ("ordered since", False),
        ("ordered", False),
        ("paused", False),
        ("closed", False),
        ("owed", False),
        ("dearer since", False),
        ("an extra is gone", False),
        ("old", False),
    ],
)
def test_a_payment_that_covers_a_waiting_choice_says_so_and_orders_nothing(
    stage: Stage, mo: User, case: str, told: bool
) -> None:
    kwork = stage.a_kwork()
    if case == "ordered before":
        stage.an_order(kwork=kwork)
        stage.later()
    choice = stage.a_choice(kwork)
    dearer = stage.a_choice(stage.a_kwork(price=dollars(500)))
    if case == "ordered since":
        stage.an_order(kwork=kwork)
    elif case == "ordered":
        give(stage.buyer, choice.shown_total, now=stage.now)
        checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    elif case == "paused":
        Kwork.objects.filter(pk=kwork.pk).update(status=KworkStatus.PAUSED)
    elif case == "closed":
        User.objects.filter(pk=stage.seller.pk).update(is_active=False)
    elif case == "owed":
        lot, other = by_card(stage.buyer, dollars(50), now=stage.now), stage.a_choice()
        checkout.place(other.pk, by=stage.buyer, now=stage.now)
        claimed(lot, now=stage.now)
    elif case == "dearer since":
        Kwork.objects.filter(pk=kwork.pk).update(price=dollars(80))
    elif case == "an extra is gone":
        Checkout.objects.filter(pk=choice.pk).update(extras={"0": 1})
    elif case == "old":
        stage.later(CHOICES_WAIT)
    amount = choice.shown_total - Money(1 if case == "short by a cent" else 0)
    orders = Order.objects.count()
    handing.hand_on_waiting(now=stage.now)
    came(stage.buyer, amount, mo, now=stage.now)
    _hand_on(stage.now)
    notice = Notice.objects.get(kind="offline.received")
    assert notice.url == (choice.get_absolute_url() if told else reverse("balance"))
    assert notice.facts.get("choice") == (kwork.title if told else None)
    assert Order.objects.count() == orders
    assert Checkout.objects.get(pk=dearer.pk).order is None


def test_every_event_of_an_order_has_its_reactions() -> None:
    kinds = {kind for kind in REACTIONS if kind.startswith("order.")}
    assert kinds == {move.event for move in MOVES.values() if move.event} | set(ENDS.values()) | {
        "order.placed",
        "order.read",
    }
