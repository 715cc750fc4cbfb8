"""Ordered by mistake: 20 minutes, nothing delivered, everything back (CAN-01, CAN-16, CAN-19)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from arbitration.rules import REASONS
from arbitration.steps import canceling
from core.money import ZERO, Money, dollars
from core.refusals import NotAllowed, OutOfTurn
from finance import ledger
from orders.models import Order, Outcome, Status
from orders.moves import Actor
from orders.steps import checkout, work
from reputation import queries as reputation
from tests.orders.facts import facts
from tests.orders.visits import HTMX, at, signed_in, words
from tests.stage import Stage, give, give_bonus

pytestmark = pytest.mark.rule("CAN-01")

TWENTY = timedelta(minutes=20)
SECOND = timedelta(seconds=1)
PRESSED = {"reason": "CAN-01", "at_once": "yes", "refunded": "5000"}


def _help(stage: Stage, order: Order, user: User, *, part: bool = True) -> str:
    with at(stage.now):
        answer = signed_in(user).get(reverse("order-help", args=[order.number]), headers=HTMX if part else {})
    assert answer.status_code == 200
    return words(answer)


def _cancel(stage: Stage, order: Order, user: User) -> str:
    with at(stage.now):
        answer = signed_in(user).post(reverse("order-cancel", args=[order.number]), PRESSED, follow=True)
    return words(answer) if answer.status_code == 200 else str(answer.status_code)


def _balances(user: User) -> tuple[Money, Money]:
    return ledger.balance(ledger.main_of(user)), ledger.balance(ledger.bonus_of(user))


def test_the_last_second_is_in_and_the_20_minutes_are_out(stage: Stage) -> None:
    order, late = stage.an_order(), stage.an_order()
    with pytest.raises(OutOfTurn, match="within 20 minutes"):
        canceling.cancel(late.pk, "CAN-01", by=stage.buyer, now=late.placed_at + TWENTY)
    canceling.cancel(order.pk, "CAN-01", by=stage.buyer, now=order.placed_at + TWENTY - SECOND)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.cause, outcome.lowers_seller, outcome.completed, outcome.late) == ("CAN-01", False, False, False)


def test_started_work_can_be_canceled_and_delivered_work_cannot(stage: Stage) -> None:
    order = stage.an_order()
    work.start(order.pk, by=stage.seller, now=stage.now)
    work.deliver(order.pk, text="Done.", by=stage.seller, now=stage.now)
    before = facts(order.pk)
    with pytest.raises(OutOfTurn, match="until the first delivery"):
        canceling.cancel(order.pk, "CAN-01", by=stage.buyer, now=stage.now)
    work.return_for_revision(order.pk, reasons="Larger.", by=stage.buyer, now=stage.now)
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-01", by=stage.buyer, now=stage.now)
    assert facts(order.pk)["postings"] == before["postings"]


def test_only_the_buyer_can_have_ordered_by_mistake(stage: Stage, sten: User, ada: User) -> None:
    order = stage.an_order()
    before = facts(order.pk)
    for user in (stage.seller, sten, ada):
        with pytest.raises(NotAllowed):
            canceling.cancel(order.pk, "CAN-01", by=user, now=stage.now)
        _cancel(stage, order, user)
    assert facts(order.pk) == before


@pytest.mark.rule("CAN-16")
@pytest.mark.parametrize("bonus_first", [True, False])
def test_each_part_returns_to_the_balance_it_came_from(stage: Stage, bonus_first: bool) -> None:
    give(stage.buyer, dollars(45), now=stage.now)
    give_bonus(stage.buyer, dollars(20), now=stage.now)
    before = _balances(stage.buyer)
    choice = stage.a_choice()
    checkout.choose_balance(choice.pk, bonus_first=bonus_first, by=stage.buyer)
    order = checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    assert _balances(stage.buyer) == ((dollars(15), ZERO) if bonus_first else (ZERO, dollars(15)))
    canceling.cancel(order.pk, "CAN-01", by=stage.buyer, now=stage.later())
    assert _balances(stage.buyer) == before


@pytest.mark.rule("CAN-19")
def test_before_pressing_the_buyer_sees_exactly_what_follows(stage: Stage) -> None:
    give(stage.buyer, dollars(40), now=stage.now)
    give_bonus(stage.buyer, dollars(10), now=stage.now)
    order = checkout.place(stage.a_choice().pk, by=stage.buyer, now=stage.now)
    page = _help(stage, order, stage.buyer)
    for told in (
        "Ordered by mistake",
        "$40.00 returns to your main balance.",
        "$10.00 returns to your bonus balance.",
        "It takes effect at once: Sam Seller is told, but not asked.",
        "It has no effect on the rating of Sam Seller.",
        "You cannot leave feedback on this order.",
        "Possible until",
    ):
        assert told in page
    assert "The order was canceled and the money returned to your balance." in _cancel(stage, order, stage.buyer)
    assert _balances(stage.buyer) == (dollars(40), dollars(10))
    order.refresh_from_db()
    assert not reputation.may_leave(order, stage.buyer)


def test_pressed_twice_it_cancels_once(stage: Stage) -> None:
    order = stage.an_order()
    _cancel(stage, order, stage.buyer)
    after = facts(order.pk)
    assert "This is no longer possible: the order is now “Canceled”." in _cancel(stage, order, stage.buyer)
    assert facts(order.pk) == after


def test_when_it_is_closed_the_page_says_until_when_it_was_open(stage: Stage) -> None:
    order = stage.an_order()
    stage.now = order.placed_at + TWENTY
    page = _help(stage, order, stage.buyer)
    assert "Possible only within 20 minutes of the order and before anything is delivered." in page
    assert 'value="CAN-01"' not in page
    delivered = stage.an_order(at=Status.DELIVERED)
    assert "It was possible until the first delivery." in _help(stage, delivered, stage.buyer)


def test_the_seller_has_no_mistake_to_undo_and_an_ended_order_nothing_at_all(stage: Stage) -> None:
    order, over = stage.an_order(), stage.an_order(at=Status.COMPLETED)
    assert "Ordered by mistake" not in _help(stage, order, stage.seller)
    assert "Cancel the order" not in _help(stage, over, stage.buyer)
    assert "The order is over" in _help(stage, over, stage.buyer, part=False)


def test_strangers_find_neither_the_page_nor_the_button(stage: Stage, sten: User, ada: User) -> None:
    order = stage.an_order()
    assert signed_in(sten).get(reverse("order-help", args=[order.number])).status_code == 404
    assert _cancel(stage, order, sten) == _cancel(stage, order, ada) == "404"
    assert signed_in(stage.buyer).get(reverse("order-cancel", args=[order.number])).status_code == 405
    assert _help(stage, order, ada)


def test_the_table_says_what_the_rule_says() -> None:
    reason = REASONS["CAN-01"]
    assert (reason.actor, reason.lowers_seller, reason.feedback) == (Actor.BUYER, False, False)
