"""The last look before an order, and the way over the payment page and back (ORD-01)."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from core import handing
from core.money import ZERO, Money, dollars
from finance import escrow, ledger
from finance.models import TopUp, TopUpStatus
from finance.rules import COLLECT_EVERY, TOP_UP_LIMIT, TOP_UP_MOST
from finance.steps import chargebacks, top_ups
from kworks.models import Kwork
from orders.models import Checkout, CheckoutStatus, Order
from orders.steps import checkout, funding
from tests.finance.cards import by_card, claimed, session_of
from tests.orders.paying import paid_top_up
from tests.orders.visits import HTMX, at, signed_in, words, words_of
from tests.payments import Payments
from tests.stage import Stage, a_person, give, give_bonus

pytestmark = pytest.mark.rule("ORD-01")


def _page(stage: Stage, choice: Checkout) -> str:
    with at(stage.now):
        return words(signed_in(stage.buyer).get(choice.get_absolute_url()))


def _press(stage: Stage, choice: Checkout, total: Money | None = None, **more: object) -> str:
    cents = (total or choice.shown_total).cents
    with at(stage.now):
        answer = signed_in(stage.buyer).post(choice.get_absolute_url(), {"total": cents, **more}, follow=True)
    assert answer.status_code == 200
    return words(answer)


def test_everything_is_said_before_it_is_paid(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=1)
    give(stage.buyer, dollars(200), now=stage.now)
    page = _page(stage, stage.a_choice(kwork, quantity=2, extras={str(kwork.extras.get().pk): 1}))
    for told in (
        "Sam Seller",
        "Kwork, 2 × $50.00",
        "Extra 1, 1 × $10.00",
        "Total</dt><dd>$110.00",
        "Lead time</dt><dd>7 days",
        "From your main balance</dt><dd>$110.00",
        "you can cancel within 20 minutes",
        "Sam Seller starts working within 24 hours. Otherwise the order is canceled by itself",
        "you have 3 days to accept it or return it",
        "Order — $110.00",
    ):
        assert told in page


def test_pressing_order_twice_places_one_order(stage: Stage) -> None:
    give(stage.buyer, dollars(200), now=stage.now)
    choice = stage.a_choice()
    for _twice in range(2):
        assert "needs information from you" in _press(stage, choice)
    assert Order.objects.count() == 1
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(150)


def test_strangers_do_not_find_a_choice(stage: Stage, sten: User) -> None:
    give(sten, dollars(100), now=stage.now)
    choice = stage.a_choice()
    stranger = signed_in(sten)
    assert stranger.get(choice.get_absolute_url()).status_code == 404
    assert stranger.post(choice.get_absolute_url(), {"total": 5000}).status_code == 404
    assert not Order.objects.exists()


@pytest.mark.rule("FIN-01")
@pytest.mark.parametrize(("first", "main", "bonus"), [("bonus", 60, 0), ("main", 50, 10)])
def test_the_buyer_says_which_balance_pays_first(stage: Stage, first: str, main: int, bonus: int) -> None:
    give(stage.buyer, dollars(100), now=stage.now)
    give_bonus(stage.buyer, dollars(10), now=stage.now)
    choice = stage.a_choice()
    page = _page(stage, choice)
    assert "$10.00 from the bonus balance, $40.00 from the main balance" in page
    assert "$50.00 from the main balance" in page
    _press(stage, choice, first=first)
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(main)
    assert ledger.balance(ledger.bonus_of(stage.buyer)) == dollars(bonus)


def test_a_price_that_changed_is_shown_and_asked_for_again(stage: Stage) -> None:
    give(stage.buyer, dollars(200), now=stage.now)
    choice = stage.a_choice()
    Kwork.objects.filter(pk=choice.kwork_id).update(price=dollars(60))
    page = _press(stage, choice)
    assert "Price: you were shown $50.00. Today it is $60.00." in page
    assert "Order — $60.00" in page
    assert not Order.objects.exists()
    _press(stage, choice, dollars(60))
    assert Order.objects.get().total == dollars(60)


def test_nobody_names_their_own_price(stage: Stage) -> None:
    give(stage.buyer, dollars(200), now=stage.now)
    _press(stage, stage.a_choice(), dollars(1))
    assert not Order.objects.exists()


def test_a_balance_spent_meanwhile_orders_nothing_and_says_so(stage: Stage) -> None:
    page = _press(stage, stage.a_choice())
    assert "Your balance does not cover this order any more. Nothing was ordered." in page
    assert "Missing</dt><dd>$50.00" in page
    assert not Order.objects.exists()


def test_a_kwork_taken_off_sale_is_said_and_nothing_can_be_pressed(stage: Stage) -> None:
    choice = stage.a_choice()
    Kwork.objects.filter(pk=choice.kwork_id).update(status="paused")
    page = _page(stage, choice)
    assert "This kwork is not on sale at the moment." in page
    assert "Order —" not in page


def test_a_short_balance_is_topped_up_and_the_order_places_itself(stage: Stage, payments: Payments) -> None:
    give(stage.buyer, dollars(20), now=stage.now)
    choice = stage.a_choice()
    buyer = signed_in(stage.buyer)
    page = _page(stage, choice)
    assert "You pay $30.00 on the payment page" in page
    assert "by card on the payment page" not in page
    answer = buyer.post(choice.get_absolute_url(), {"total": 5000, "pay": 1})
    top_up = TopUp.objects.get()
    assert answer.headers["Location"] == top_up.payment_url
    assert "Waiting for your payment" in _page(stage, choice)
    back = buyer.get(payments.way_back(payments.pay(top_up)), follow=True)
    order = Order.objects.get()
    assert back.redirect_chain[-1][0] == order.get_absolute_url()
    payments.deliver(buyer, payments.told())
    assert Order.objects.count() == 1
    assert not ledger.balance(ledger.main_of(stage.buyer))


@pytest.mark.rule("WDR-02")
def test_what_binds_the_money_is_said_beside_the_button_that_adds_it(stage: Stage) -> None:
    choice = stage.a_choice()
    assert words_of("finance/binding.html") in _page(stage, choice)
    give(stage.buyer, dollars(50), now=stage.now)
    assert words_of("finance/binding.html") not in _page(stage, choice)


@pytest.mark.rule("FIN-02")
def test_more_than_can_be_added_at_once_is_said_before_any_press(stage: Stage) -> None:
    choice = stage.a_choice(stage.a_kwork(price=TOP_UP_MOST), quantity=2)
    give(stage.buyer, TOP_UP_MOST - Money(1), now=stage.now)
    page = _page(stage, choice)
    assert "more than can be added at once, $10,000" in page
    assert "Add funds and order" not in page
    back = quote(f"{choice.get_absolute_url()}#checkout-live", safe="")
    assert f'href="{reverse("top-up")}?next={back}"' in page
    assert f'href="{reverse("offline")}"' in page
    give(stage.buyer, Money(1), now=stage.now)
    page = _page(stage, choice)
    assert "more than can be added at once" not in page
    assert "You pay $10,000.00 on the payment page" in page


def test_a_part_added_on_the_way_leads_back_and_stops_nothing(stage: Stage, payments: Payments) -> None:
    choice = stage.a_choice(stage.a_kwork(price=TOP_UP_MOST), quantity=2)
    buyer = signed_in(stage.buyer)
    back = f"{choice.get_absolute_url()}#checkout-live"
    buyer.post(reverse("top-up"), {"amount": "10000", "next": back})
    top_up = TopUp.objects.get()
    assert buyer.get(payments.way_back(payments.pay(top_up))).headers["Location"] == back
    checkout.place_after_top_up(top_up.pk, stage.now)
    assert "Add funds and order" in _page(stage, choice)
    assert Checkout.objects.get().status == CheckoutStatus.OPEN


@pytest.mark.rule("PAY-01")
@pytest.mark.parametrize("details", ["", "Our bank"])
def test_that_one_can_also_announce_a_payment_is_said_where_it_is_offered(
    stage: Stage, settings: Settings, details: str
) -> None:
    settings.OFFLINE_PAYMENT_DETAILS = details
    page = _page(stage, stage.a_choice())
    assert (f'<a href="{reverse("offline")}">pay by bank transfer' in page) == bool(details)
    assert ("That orders nothing by itself" in page) == bool(details)
    page = _page(stage, stage.a_choice(stage.a_kwork(price=TOP_UP_MOST), quantity=2))
    assert (f'<a href="{reverse("offline")}">pay by bank transfer' in page) == bool(details)


def test_the_way_to_the_payment_page_counts_with_all_top_ups(stage: Stage, payments: Payments) -> None:
    choice, now = stage.a_choice(), stage.now
    for _ in range(TOP_UP_LIMIT.most):
        TOP_UP_LIMIT.count(by=stage.buyer, now=now)
    assert "Please wait a little" in _press(stage, choice, pay=1)
    assert not TopUp.objects.exists()


@pytest.mark.usefixtures("payments")
def test_a_payment_of_long_ago_places_nothing_that_somebody_looks_at(stage: Stage) -> None:
    """It had its try; money that comes from elsewhere orders only what is pressed."""
    choice = stage.a_choice()
    paid_top_up(stage, dollars(30), choice)
    handing.hand_on_waiting(now=stage.now)
    assert "The order could not place itself" in _page(stage, choice)
    with at(stage.now):
        signed_in(stage.buyer).post(choice.get_absolute_url(), {"total": choice.shown_total.cents, "pay": 1})
    give(stage.buyer, dollars(20), now=stage.now)
    assert "Order — $50.00" in _page(stage, choice)
    assert not Order.objects.exists()
    _press(stage, choice)
    assert Order.objects.count() == 1


def test_a_page_left_open_goes_to_the_order_once_the_webhook_came(stage: Stage, payments: Payments) -> None:
    choice = stage.a_choice()
    top_up = funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    buyer = signed_in(stage.buyer)
    waiting = words(buyer.get(choice.get_absolute_url(), headers=HTMX))
    assert 'hx-trigger="every 3s"' in waiting
    payments.pay(top_up)
    payments.deliver(buyer, payments.told())
    answer = buyer.get(choice.get_absolute_url(), headers=HTMX)
    assert answer.headers["HX-Redirect"] == Order.objects.get().get_absolute_url()


@pytest.mark.rule("FIN-03")
def test_while_a_payment_is_checked_no_second_one_is_asked_for(stage: Stage, payments: Payments) -> None:
    choice = stage.a_choice()
    top_up = funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    top_ups.learn(str(top_up.session_id), session_of(top_up, amount=dollars(49)), stage.now)
    page = _page(stage, choice)
    assert "Your payment of $50.00 is being checked" in page
    assert "Please do not pay again" in page
    assert "Add funds and order" not in page


def test_if_nothing_is_paid_nothing_is_ordered_and_the_choice_is_kept(stage: Stage, payments: Payments) -> None:
    choice = stage.a_choice()
    top_up = funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    payments.expire(top_up)
    payments.deliver(signed_in(stage.buyer), payments.told("checkout.session.expired"))
    assert TopUp.objects.get().status == TopUpStatus.ABANDONED
    page = _page(stage, choice)
    assert "Waiting for your payment" not in page
    assert "Add funds and order" in page
    assert not Order.objects.exists()


def test_what_stopped_a_paid_choice_is_shown(stage: Stage) -> None:
    give(stage.buyer, dollars(100), now=stage.now)
    choice = stage.a_choice()
    Checkout.objects.filter(pk=choice.pk).update(status=CheckoutStatus.STOPPED, problem="The seller was on holiday.")
    assert "The seller was on holiday." in _page(stage, choice)
    _press(stage, choice)
    assert Order.objects.get().buyer == stage.buyer


def test_a_payment_service_that_is_down_is_a_sentence(stage: Stage, payments: Payments) -> None:
    choice = stage.a_choice()
    payments.fail()
    page = _press(stage, choice, pay=1)
    assert "The payment service cannot be reached at the moment." in page
    assert reverse("checkout", args=[choice.token]) in page


@pytest.mark.rule("FIN-03")
def test_what_is_owed_is_paid_first_and_the_page_says_so(client: Client, stage: Stage) -> None:
    """Who pays what the page asks for gets the order, and the debt is paid."""
    bea, kwork = stage.buyer, stage.a_kwork(price=dollars(50))
    lot = by_card(bea, dollars(30), now=stage.now)
    escrow.hold_fee("fee:1", bea, dollars(30), reference="12345678", by=bea, now=stage.now)
    mediator = a_person("mel", "Mel Mediator", now=stage.now)
    escrow.release("fee:1", mediator, dollars(30), purpose=escrow.FOR_FEE, reference="12345678", by=None, now=stage.now)
    claim = claimed(lot, now=stage.now)
    choice = stage.a_choice(kwork)
    client.force_login(bea)
    text = client.get(choice.get_absolute_url()).content.decode()
    assert "You still owe $30.00 for payments that were taken back" in text
    assert "Owed, paid first" in text
    assert "$80.00" in text
    give(bea, dollars(80), now=stage.now)
    covered = client.get(choice.get_absolute_url()).content.decode()
    assert "You still owe $30.00 for payments that were taken back" in covered
    assert "Owed, paid first" not in covered
    checkout.place(choice.pk, by=bea, now=stage.now)
    chargebacks.collect(claim.pk, stage.now + COLLECT_EVERY)
    claim.refresh_from_db()
    assert (claim.owed, ledger.balance(ledger.main_of(bea))) == (ZERO, ZERO)
