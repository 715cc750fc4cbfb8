"""From a choice to an order: priced anew, paid from the balances, placed once (ORD-01, ORD-02)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from accounts.models import User
from core.models import Event
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import escrow, ledger
from finance.models import Posting, TopUp, TopUpStatus
from finance.steps import top_ups
from kworks.models import Extra, Kwork, KworkStatus
from orders.models import Checkout, CheckoutStatus, Order
from orders.queries.payment import Balances
from orders.steps import checkout, funding
from tests.orders.paying import paid_top_up
from tests.orders.visits import signed_in, words
from tests.payments import Payments
from tests.stage import Stage, give, give_bonus

pytestmark = pytest.mark.rule("ORD-01")


def _on_main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def _on_bonus(user: User) -> Money:
    return ledger.balance(ledger.bonus_of(user))


def _choose(stage: Stage, kwork: Kwork, total: Money, by: User) -> Checkout:
    return checkout.choose(kwork, quantity=1, extras={}, shown_total=total, token=uuid4(), by=by, now=stage.now)


@pytest.mark.rule("CAT-05")
@pytest.mark.rule("CAT-06")
def test_a_quote_adds_units_and_extras_and_halves_further_lead_time(stage: Stage) -> None:
    kwork = stage.a_kwork(price=dollars(30), lead_days=4, extras=2)
    first, second = kwork.extras.all()
    quoted = checkout.quote(kwork, 3, {str(first.pk): 2, str(second.pk): 0})
    assert quoted.total == dollars(3 * 30 + 2 * 10)
    assert quoted.lead_hours == (4 + 2 + 2 + 2 * 1) * 24


@pytest.mark.parametrize(("quantity", "extra"), [(0, 0), (101, 0), (-1, 0), (1, 101), (1, -1)])
def test_quantities_out_of_bounds_are_refused(stage: Stage, quantity: int, extra: int) -> None:
    kwork = stage.a_kwork(extras=1)
    with pytest.raises(Invalid):
        checkout.quote(kwork, quantity, {str(kwork.extras.get().pk): extra})


def test_an_extra_that_is_not_offered_is_refused(stage: Stage) -> None:
    kwork, other = stage.a_kwork(), stage.a_kwork(extras=1)
    with pytest.raises(Invalid):
        checkout.quote(kwork, 1, {str(other.extras.get().pk): 1})


@pytest.mark.rule("ORD-02")
def test_placing_moves_the_price_into_escrow(stage: Stage) -> None:
    give(stage.buyer, dollars(70), now=stage.now)
    order = checkout.place(stage.a_choice().pk, by=stage.buyer, now=stage.now)
    assert _on_main(stage.buyer) == dollars(20)
    assert escrow.held_in(order.escrow_key) == dollars(50)
    assert _on_main(stage.seller) == ZERO


@pytest.mark.rule("ORD-02")
def test_an_order_keeps_what_was_bought_when_the_kwork_changes(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=1)
    give(stage.buyer, dollars(60), now=stage.now)
    choice = stage.a_choice(kwork, extras={str(kwork.extras.get().pk): 1})
    order = checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    Kwork.objects.filter(pk=kwork.pk).update(title="Another", price=dollars(99))
    Extra.objects.filter(kwork=kwork).delete()
    order.refresh_from_db()
    assert (order.title, order.unit_price, order.total) == (kwork.title, dollars(50), dollars(60))
    assert [(line.title, line.price) for line in order.lines.all()] == [("Extra 1", dollars(10))]


@pytest.mark.rule("FIN-01")
@pytest.mark.parametrize("bonus_first", [True, False])
@pytest.mark.parametrize(("main", "bonus"), [(100, 0), (45, 10), (100, 100), (10, 45), (50, 20), (0, 60)])
def test_what_is_shown_to_be_paid_from_where_is_what_is_paid(
    stage: Stage, main: int, bonus: int, bonus_first: bool
) -> None:
    for amount, add in ((main, give), (bonus, give_bonus)):
        if amount:
            add(stage.buyer, dollars(amount), now=stage.now)
    choice = stage.a_choice()
    shown = Balances.of(stage.buyer).pay(choice.shown_total, bonus_first=bonus_first)
    checkout.choose_balance(choice.pk, bonus_first=bonus_first, by=stage.buyer)
    checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    assert (_on_main(stage.buyer), _on_bonus(stage.buyer)) == (
        dollars(main) - shown.from_main,
        dollars(bonus) - shown.from_bonus,
    )
    assert (shown.missing, shown.from_main + shown.from_bonus) == (ZERO, dollars(50))


def test_a_short_balance_orders_nothing_and_says_what_is_missing(stage: Stage) -> None:
    give(stage.buyer, dollars(20), now=stage.now)
    choice = stage.a_choice()
    with pytest.raises(escrow.ShortBalance) as refusal:
        checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    assert refusal.value.missing == dollars(30) == Balances.of(stage.buyer).pay(dollars(50), bonus_first=True).missing
    assert not Order.objects.exists()
    assert _on_main(stage.buyer) == dollars(20)
    assert Checkout.objects.get(pk=choice.pk).status == CheckoutStatus.OPEN


def test_a_changed_price_is_shown_and_asked_for_again(stage: Stage) -> None:
    give(stage.buyer, dollars(100), now=stage.now)
    choice = stage.a_choice()
    Kwork.objects.filter(pk=choice.kwork_id).update(price=dollars(60))
    with pytest.raises(checkout.OfferChanged) as refusal:
        checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    assert refusal.value.total == dollars(60)
    assert not Order.objects.exists()
    checkout.agree(choice.pk, dollars(60), {}, by=stage.buyer)
    assert checkout.place(choice.pk, by=stage.buyer, now=stage.now).total == dollars(60)


def test_nobody_orders_their_own_kwork(stage: Stage) -> None:
    kwork = stage.a_kwork()
    give(stage.seller, dollars(50), now=stage.now)
    with pytest.raises(NotAllowed):
        _choose(stage, kwork, kwork.price, stage.seller)
    assert not Checkout.objects.exists()


@pytest.mark.parametrize("status", [KworkStatus.NEW, KworkStatus.PAUSED])
def test_what_is_not_on_sale_cannot_be_ordered(stage: Stage, status: KworkStatus) -> None:
    give(stage.buyer, dollars(50), now=stage.now)
    choice = stage.a_choice()
    Kwork.objects.filter(pk=choice.kwork_id).update(status=status)
    with pytest.raises(OutOfTurn):
        checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    with pytest.raises(OutOfTurn):
        _choose(stage, Kwork.objects.get(pk=choice.kwork_id), dollars(50), stage.buyer)
    assert _on_main(stage.buyer) == dollars(50)


def test_pressing_twice_gives_the_same_order(stage: Stage) -> None:
    give(stage.buyer, dollars(200), now=stage.now)
    choice = stage.a_choice()
    first = checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    assert checkout.place(choice.pk, by=stage.buyer, now=stage.later()) == first
    assert _on_main(stage.buyer) == dollars(150)


def _again(stage: Stage, choice: Checkout, quantity: int, by: User) -> Checkout:
    total = choice.kwork.price * quantity
    return checkout.choose(
        choice.kwork, quantity=quantity, extras={}, shown_total=total, token=choice.token, by=by, now=stage.now
    )


def test_the_same_form_sent_with_another_choice_changes_what_is_not_ordered(stage: Stage) -> None:
    choice = stage.a_choice()
    assert _again(stage, choice, 2, stage.buyer) == choice
    found = Checkout.objects.get()
    assert (found.quantity, found.shown_total) == (2, dollars(100))


def test_what_is_ordered_or_being_paid_for_stays_beside_another_choice(stage: Stage, payments: Payments) -> None:
    paid_for, ordered = stage.a_choice(), stage.a_choice()
    funding.fund(paid_for.pk, by=stage.buyer, now=stage.now)
    give(stage.buyer, dollars(150), now=stage.now)
    checkout.place(ordered.pk, by=stage.buyer, now=stage.now)
    for choice in (paid_for, ordered):
        other = _again(stage, choice, 2, stage.buyer)
        assert other != choice
        assert _again(stage, choice, 2, stage.buyer) == other
        assert _again(stage, choice, 1, stage.buyer) == choice
    assert checkout.place(other.pk, by=stage.buyer, now=stage.now).total == dollars(100)
    assert Checkout.objects.count() == 4


def test_the_same_form_sent_twice_is_one_choice_and_nobody_elses(stage: Stage, sten: User) -> None:
    choice = stage.a_choice()

    def send(by: User) -> Checkout:
        return _again(stage, choice, 1, by)

    assert send(stage.buyer) == choice
    assert Checkout.objects.get().quantity == 1
    with pytest.raises(NotAllowed):
        send(sten)
    with pytest.raises(NotAllowed):
        checkout.place(choice.pk, by=sten, now=stage.now)


def test_a_paid_top_up_places_the_order_by_itself_once(stage: Stage) -> None:
    choice = stage.a_choice()
    top_up = paid_top_up(stage, dollars(50), choice)
    for _twice in range(2):
        checkout.place_after_top_up(top_up.pk, stage.now)
    order = Order.objects.get()
    assert (order.buyer, order.total) == (stage.buyer, dollars(50))
    assert Checkout.objects.get(pk=choice.pk).order == order


def test_a_paid_top_up_for_nothing_does_nothing(stage: Stage) -> None:
    top_up = paid_top_up(stage, dollars(5))
    checkout.place_after_top_up(top_up.pk, stage.now)
    assert not Order.objects.exists()


def test_what_keeps_the_order_from_placing_itself_is_kept_for_the_buyer_once(stage: Stage) -> None:
    choice = stage.a_choice()
    top_up = paid_top_up(stage, dollars(50), choice)
    Kwork.objects.filter(pk=choice.kwork_id).update(price=dollars(60))
    for _twice in range(2):
        checkout.place_after_top_up(top_up.pk, stage.now)
    stopped = Checkout.objects.get(pk=choice.pk)
    assert (stopped.status, stopped.order) == (CheckoutStatus.STOPPED, None)
    assert "$60.00" in stopped.problem
    assert Event.objects.filter(kind="checkout.stopped").count() == 1
    assert _on_main(stage.buyer) == dollars(50)
    assert not Posting.objects.filter(account__key__startswith="escrow:").exists()


def test_the_missing_sum_becomes_one_top_up(stage: Stage, payments: Payments) -> None:
    give(stage.buyer, dollars(20), now=stage.now)
    choice = stage.a_choice()
    first = funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    again = funding.fund(choice.pk, by=stage.buyer, now=stage.later())
    assert (first.amount, again) == (dollars(30), first)
    assert Checkout.objects.get(pk=choice.pk).top_up == first
    assert first.payment_url


def test_a_missing_sum_below_the_least_top_up_is_rounded_up_to_it(stage: Stage, payments: Payments) -> None:
    give(stage.buyer, Money(4_950), now=stage.now)
    assert funding.fund(stage.a_choice().pk, by=stage.buyer, now=stage.now).amount == dollars(1)


def test_a_top_up_that_is_not_needed_or_for_another_price_is_refused(stage: Stage) -> None:
    choice = stage.a_choice()
    Kwork.objects.filter(pk=choice.kwork_id).update(price=dollars(60))
    with pytest.raises(checkout.OfferChanged):
        funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    Kwork.objects.filter(pk=choice.kwork_id).update(price=dollars(50))
    give(stage.buyer, dollars(50), now=stage.now)
    with pytest.raises(OutOfTurn):
        funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    with transaction.atomic():
        checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    with pytest.raises(OutOfTurn):
        funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    assert not TopUp.objects.exists()


def test_a_top_up_that_another_has_replaced_still_places_the_order(stage: Stage, payments: Payments) -> None:
    choice = stage.a_choice()
    first = funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    give(stage.buyer, dollars(10), now=stage.now)
    second = funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    assert (first.amount, second.amount) == (dollars(50), dollars(40))
    payments.pay(first)
    assert first.session_id
    top_ups.settle(first.session_id, stage.now)
    checkout.place_after_top_up(first.pk, stage.now)
    assert Checkout.objects.get(pk=choice.pk).order == Order.objects.get()


def test_a_payment_short_of_the_order_waits_for_the_one_on_its_way(stage: Stage, payments: Payments) -> None:
    choice = stage.a_choice()
    funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    part = paid_top_up(stage, dollars(20))
    TopUp.objects.filter(pk=part.pk).update(return_to=choice.get_absolute_url())
    checkout.place_after_top_up(part.pk, stage.now)
    assert Checkout.objects.get(pk=choice.pk).status == CheckoutStatus.OPEN
    TopUp.objects.filter(status=TopUpStatus.OPEN).update(
        status=TopUpStatus.ABANDONED, settled_at=stage.now, check_due_at=None
    )
    checkout.place_after_top_up(part.pk, stage.now)
    assert Checkout.objects.get(pk=choice.pk).status == CheckoutStatus.STOPPED


def test_while_a_payment_is_being_confirmed_no_second_one_is_begun(stage: Stage, payments: Payments) -> None:
    choice = stage.a_choice()
    funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    TopUp.objects.update(status=TopUpStatus.PROCESSING)
    with pytest.raises(OutOfTurn, match="being confirmed"):
        funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    page = words(signed_in(stage.buyer).get(choice.get_absolute_url()))
    assert "Your payment is being confirmed" in page
    assert "Add funds and order" not in page
    assert TopUp.objects.count() == 1


def test_a_payment_that_came_in_meanwhile_is_not_asked_for_again(stage: Stage, payments: Payments) -> None:
    choice = stage.a_choice()
    payments.pay(funding.fund(choice.pk, by=stage.buyer, now=stage.now))
    with pytest.raises(OutOfTurn, match="come in"):
        funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    assert TopUp.objects.count() == 1


@pytest.mark.parametrize("gone", ["paused", "closed"])
def test_nothing_is_charged_for_what_is_not_on_sale(stage: Stage, gone: str) -> None:
    choice = stage.a_choice()
    if gone == "paused":
        Kwork.objects.filter(pk=choice.kwork_id).update(status=KworkStatus.PAUSED)
    else:
        User.objects.filter(pk=stage.seller.pk).update(is_active=False)
    with pytest.raises(OutOfTurn, match="not on sale at the moment"):
        funding.fund(choice.pk, by=stage.buyer, now=stage.now)
    with pytest.raises(OutOfTurn, match="not on sale at the moment"):
        checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    assert not TopUp.objects.exists()
    assert "not on sale at the moment" in words(signed_in(stage.buyer).get(choice.get_absolute_url()))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": "Half a logo"}, "Title: you were shown A logo"),
        ({"volume": "Half a logo"}, "Volume: you were shown One logo. Today it is Half a logo."),
        ({"lead_days": 9}, "Lead time: you were shown 4 days. Today it is 9 days."),
    ],
)
def test_what_is_sold_is_what_was_shown_or_asked_for_again(stage: Stage, change: dict[str, Any], told: str) -> None:
    give(stage.buyer, dollars(50), now=stage.now)
    choice = stage.a_choice()
    Kwork.objects.filter(pk=choice.kwork_id).update(**change)
    for step in (checkout.place, funding.fund):
        with pytest.raises(checkout.OfferChanged, match="has changed since it was shown"):
            step(choice.pk, by=stage.buyer, now=stage.now)
    buyer = signed_in(stage.buyer)
    sent = {"total": 5000, **choice.shown}
    page = words(buyer.post(choice.get_absolute_url(), sent, follow=True))
    assert told in page
    assert not Order.objects.exists()
    kwork = Kwork.objects.get(pk=choice.kwork_id)
    buyer.post(choice.get_absolute_url(), {"total": 5000, **checkout.quote(kwork, 1, {}).shown})
    order = Order.objects.get()
    assert (order.title, order.volume, order.lead_hours) == (kwork.title, kwork.volume, kwork.lead_days * 24)
