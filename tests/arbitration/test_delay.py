"""Not done on time: an Expired order is canceled by its buyer at once, who may then leave feedback (CAN-02, CAN-18)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from arbitration.rules import REASONS
from arbitration.steps import canceling
from core.money import dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger
from orders.models import Order, Outcome, Status
from orders.moves import Actor
from orders.steps import ending, work
from reputation import queries as reputation
from reputation.models import Feedback
from tests.orders.facts import facts
from tests.orders.visits import HTMX, at, signed_in, words
from tests.stage import Stage

pytestmark = pytest.mark.rule("CAN-02")

SECOND = timedelta(seconds=1)
AS_SHOWN = {"at_once": "yes", "refunded": "5000"}


def _deadline(order: Order) -> datetime:
    assert order.deadline is not None
    return order.deadline


def _help(stage: Stage, order: Order, now: datetime) -> str:
    with at(now):
        return words(signed_in(stage.buyer).get(reverse("order-help", args=[order.number]), headers=HTMX))


def _press(order: Order, user: User, now: datetime, reason: str = "CAN-02") -> str:
    with at(now):
        answer = signed_in(user).post(
            reverse("order-cancel", args=[order.number]), {"reason": reason, **AS_SHOWN}, follow=True
        )
    return words(answer)


def test_a_seller_who_started_and_vanished_cannot_keep_the_money_held(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    late = _deadline(order)
    with pytest.raises(OutOfTurn, match="only while the work is past its deadline"):
        canceling.cancel(order.pk, "CAN-02", by=stage.buyer, now=late - SECOND)
    canceling.cancel(order.pk, "CAN-02", by=stage.buyer, now=late)
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(50)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.cause, outcome.completed, outcome.late) == ("CAN-02", False, True)
    assert (outcome.lowers_seller, outcome.feedback) == (True, True)


def test_a_delivered_order_is_not_expired_until_it_is_returned(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    late = _deadline(order)
    work.deliver(order.pk, text="Late.", by=stage.seller, now=late + SECOND)
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-02", by=stage.buyer, now=late + 2 * SECOND)
    work.return_for_revision(order.pk, reasons="Larger.", by=stage.buyer, now=late + 2 * SECOND)
    canceling.cancel(order.pk, "CAN-02", by=stage.buyer, now=late + 3 * SECOND)


def test_only_the_buyer_and_only_for_a_reason_of_the_table(stage: Stage, sten: User, ada: User) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    before = facts(order.pk)
    for user in (stage.seller, sten, ada):
        with pytest.raises(NotAllowed):
            canceling.cancel(order.pk, "CAN-02", by=user, now=_deadline(order))
    with pytest.raises(Invalid):
        canceling.cancel(order.pk, "CAN-99", by=stage.buyer, now=_deadline(order))
    assert "Choose a reason" in _press(order, stage.buyer, _deadline(order), reason="")
    assert facts(order.pk) == before


@pytest.mark.rule("CAN-19")
def test_before_pressing_the_buyer_sees_exactly_what_follows(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    late = _deadline(order)
    early = _help(stage, order, late - SECOND)
    assert "Possible only while the work is past its deadline." in early
    assert "Possible from" in early
    assert 'value="CAN-02"' not in early
    page = _help(stage, order, late)
    for told in (
        "Not done on time",
        "$50.00 returns to your main balance.",
        "It takes effect at once: Sam Seller is told, but not asked.",
        "It counts against the rating of Sam Seller.",
        "You may leave feedback on this order, also negative.",
        "Cancel and refund $50.00",
    ):
        assert told in page
    assert "The order was canceled and the money returned to your balance." in _press(order, stage.buyer, late)
    assert "This is no longer possible: the order is now “Canceled”." in _press(order, stage.buyer, late)
    assert Outcome.objects.count() == 1


@pytest.mark.rule("CAN-18")
def test_after_a_delay_the_buyer_says_how_it_was(stage: Stage) -> None:
    order, lapsed = stage.an_order(at=Status.IN_WORK), stage.an_order()
    canceling.cancel(order.pk, "CAN-02", by=stage.buyer, now=_deadline(order))
    assert lapsed.start_due_at is not None
    ending.lapse(lapsed.pk, lapsed.start_due_at)
    for each in (order, lapsed):
        with at(_deadline(order)):
            client = signed_in(stage.buyer)
            address = reverse("order-feedback", args=[each.number])
            assert "How was it?" in words(client.get(address, headers=HTMX))
            assert "Thank you." in words(client.post(address, {"liked": "no", "text": "Never came."}, follow=True))
        assert not Feedback.objects.get(order=each).positive


@pytest.mark.rule("CAN-18")
def test_after_a_mistake_there_is_no_feedback(stage: Stage) -> None:
    order = stage.an_order(at=Status.CANCELED)
    assert not Outcome.objects.get(order=order).feedback
    assert not reputation.may_leave(order, stage.buyer)


def test_the_table_says_what_the_rule_says() -> None:
    reason = REASONS["CAN-02"]
    assert (reason.actor, reason.lowers_seller, reason.feedback) == (Actor.BUYER, True, True)
