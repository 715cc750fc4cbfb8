"""Offers inside an order, by their pages: made, foreseen, accepted and paid, declined, withdrawn (ORD-14)."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance import ledger
from finance.models import TopUp, TopUpStatus
from finance.rules import TOP_UP_LEAST, TOP_UP_LIMIT, TOP_UP_MOST
from finance.steps import top_ups
from kworks.models import Extra, Kwork
from orders.models import Fault, Offer, OfferStatus, Order, Status
from orders.rules import WRITE_LIMIT
from orders.steps import ending, funding, offers
from tests.finance.cards import session_of
from tests.orders.facts import facts
from tests.orders.visits import HTMX, at, signed_in, words, words_of
from tests.stage import Stage, give, give_bonus

pytestmark = pytest.mark.rule("ORD-14")


@pytest.fixture
def kwork(stage: Stage) -> Kwork:
    return stage.a_kwork(extras=2)


@pytest.fixture
def order(stage: Stage, kwork: Kwork) -> Order:
    return stage.an_order(at=Status.IN_WORK, kwork=kwork)


def _offer(order: Order, stage: Stage, **data: object) -> str:
    extra = order.kwork.extras.all()[0]
    sent = {"thing": f"extra-{extra.pk}", "quantity": 2, "text": "You asked for two.", "token": uuid4(), **data}
    with at(stage.now):
        answer = signed_in(stage.seller).post(reverse("order-offer", args=[order.number]), sent, follow=True)
    assert answer.status_code == 200
    return words(answer)


def _answer(order: Order, offer: Offer, verb: str, user: User, stage: Stage, **sent: str) -> str:
    with at(stage.now):
        url = reverse(f"order-offer-{verb}", args=[order.number, offer.pk])
        return words(signed_in(user).post(url, sent, follow=True))


def _page(order: Order, user: User, stage: Stage) -> str:
    with at(stage.now):
        return words(signed_in(user).get(order.get_absolute_url()))


def test_the_seller_sees_what_an_offer_changes_before_it_is_made(stage: Stage, order: Order, kwork: Kwork) -> None:
    seller = signed_in(stage.seller)
    url, extra = reverse("order-offer", args=[order.number]), kwork.extras.all()[0]
    assert order.deadline is not None
    with at(stage.now):
        assert "Offer more" in words(seller.get(url))
        part = words(seller.get(url, {"thing": f"extra-{extra.pk}", "quantity": "2"}, headers=HTMX))
    assert part.startswith('<div id="offer-change"')
    assert "+$20.00" in part
    assert "Your share of it</dt><dd>+$16.00" in part
    assert "Total of the order</dt><dd>$70.00" in part
    assert "6 days (2 days more)" in part
    assert (order.deadline + timedelta(days=2)).isoformat() in part
    before = facts(order.pk)
    assert "+$20.00" in _offer(order, stage, preview="1")
    assert facts(order.pk) == before
    for nonsense in ({"thing": "extra-0", "quantity": "1"}, {"thing": "x", "quantity": "many"}):
        with at(stage.now):
            assert "<dl" not in words(seller.get(url, nonsense, headers=HTMX))


def test_an_offer_is_accepted_with_one_press(stage: Stage, order: Order) -> None:
    assert "The offer was made." in _offer(order, stage)
    offer = order.offers.get()
    page = _page(order, stage.buyer, stage)
    assert "You asked for two." in page
    assert "Your balance is short by $20.00." in page
    give(stage.buyer, dollars(20), now=stage.now)
    page = _page(order, stage.buyer, stage)
    assert "Accept and pay $20.00" in page
    assert "$20.00 from the main balance" in page
    page = _answer(order, offer, "accept", stage.buyer, stage)
    assert "You accepted the offer." in page
    assert "Held in escrow</dt><dd>$70.00" in page
    assert "Offer accepted: Extra 1. $20.00 was added to the escrow." in page
    assert "Ordered. $50.00 is held in escrow." in page
    after = facts(order.pk)
    assert "answered already" in _answer(order, offer, "accept", stage.buyer, stage)
    assert facts(order.pk) == after


def test_the_same_form_twice_is_one_offer(stage: Stage, order: Order) -> None:
    token = uuid4()
    _offer(order, stage, token=token)
    after = facts(order.pk)
    assert "has been sent already" not in _offer(order, stage, token=token)
    assert facts(order.pk) == after
    assert order.offers.count() == 1


def test_a_further_kwork_is_offered(stage: Stage, order: Order) -> None:
    other = stage.a_kwork(lead_days=2)
    _offer(order, stage, thing=f"kwork-{other.pk}", quantity=1)
    assert order.offers.get().kwork == other
    assert "6 days (2 days more)" in _page(order, stage.buyer, stage)


def test_somebody_elses_kwork_is_no_choice(stage: Stage, order: Order, sten: User) -> None:
    foreign = Stage(buyer=stage.buyer, seller=sten, now=stage.now).a_kwork()
    assert "Choose one of those that are offered" in _offer(order, stage, thing=f"kwork-{foreign.pk}")
    assert order.offers.count() == 0


def test_declined_and_withdrawn_offers_stay_in_the_story(stage: Stage, order: Order) -> None:
    _offer(order, stage)
    first = order.offers.get()
    assert "You declined the offer." in _answer(order, first, "decline", stage.buyer, stage)
    _offer(order, stage)
    second = order.offers.exclude(pk=first.pk).get()
    page = _answer(order, second, "withdraw", stage.seller, stage)
    assert "You withdrew the offer." in page
    for line in ("Offered: Extra 1 for $20.00", "Offer declined: Extra 1", "Offer withdrawn: Extra 1"):
        assert line in page
    before = facts(order.pk)
    assert "answered already" in _answer(order, second, "accept", stage.buyer, stage)
    assert facts(order.pk) == before


@pytest.mark.parametrize(("verb", "by"), [("accept", "seller"), ("decline", "seller"), ("withdraw", "buyer")])
def test_each_answer_belongs_to_one_side(stage: Stage, order: Order, sten: User, verb: str, by: str) -> None:
    give(stage.buyer, dollars(20), now=stage.now)
    _offer(order, stage)
    offer, before = order.offers.get(), facts(order.pk)
    _answer(order, offer, verb, getattr(stage, by), stage)
    assert facts(order.pk) == before
    url = reverse(f"order-offer-{verb}", args=[order.number, offer.pk])
    assert signed_in(sten).post(url).status_code == 404
    assert signed_in(sten).get(reverse("order-offer", args=[order.number])).status_code == 404
    assert signed_in(stage.buyer).get(reverse("order-offer", args=[order.number])).status_code == 404
    assert facts(order.pk) == before


def test_an_offer_of_another_order_is_not_found_under_this_one(stage: Stage, order: Order, kwork: Kwork) -> None:
    _offer(order, stage)
    other = stage.an_order(kwork=kwork)
    url = reverse("order-offer-decline", args=[other.number, order.offers.get().pk])
    assert signed_in(stage.buyer).post(url).status_code == 404


def test_offers_nobody_answered_are_over_with_the_order(stage: Stage, order: Order) -> None:
    _offer(order, stage)
    lapse = ending.Ending("CAN-13", Fault.SELLER, lowers_seller=True, feedback=True)
    ending.cancel(order.pk, lapse, by=stage.seller, now=stage.later())
    for user in (stage.buyer, stage.seller):
        page = _page(order, user, stage)
        assert "Over: the order has ended" in page
        assert "Accept and pay" not in page
        assert "Withdraw</button>" not in page


def test_days_that_are_over_cannot_be_saved(stage: Stage, order: Order) -> None:
    extra = order.kwork.extras.all()[0]
    extra.days = -3
    extra.save()
    offers.offer(order.pk, extra, quantity=1, by=stage.seller, now=stage.now)
    assert order.deadline is not None
    stage.now = order.deadline - timedelta(days=1)
    page = _page(order, stage.buyer, stage)
    assert "can no longer be accepted" in page
    assert "Accept and pay" not in page


def test_writing_has_a_limit(stage: Stage, order: Order) -> None:
    url = reverse("order-message", args=[order.number])
    buyer = signed_in(stage.buyer)
    with at(stage.now):
        for _ in range(WRITE_LIMIT.most):
            buyer.post(url, {"text": "Hello", "token": uuid4()})
        page = words(buyer.post(url, {"text": "Once more", "token": uuid4()}))
    assert "You have done this 30 times within 10 minutes." in page
    assert "Once more</textarea>" in page
    assert order.messages.filter(author=stage.buyer).count() == WRITE_LIMIT.most


@pytest.mark.rule("ESC-02")
def test_both_sides_see_what_the_site_takes_of_it_before_they_agree(stage: Stage, order: Order) -> None:
    order.terms = {**order.terms, "commission_basis_points": 1_050}
    order.save()
    url, extra = reverse("order-offer", args=[order.number]), order.kwork.extras.all()[0]
    with at(stage.now):
        seen = words(signed_in(stage.seller).get(url, {"thing": f"extra-{extra.pk}", "quantity": "1"}))
    assert "The site’s commission</dt><dd>$1.05" in seen
    assert "Your share of it</dt><dd>+$8.95" in seen
    offers.offer(order.pk, extra, quantity=1, by=stage.seller, now=stage.now)
    seen, before = _page(order, stage.buyer, stage), order.seller_share
    assert "The site’s commission</dt><dd>$1.05" in seen
    assert "The seller's share of it</dt><dd>+$8.95" in seen
    give(stage.buyer, dollars(20), now=stage.now)
    offers.accept(order.offers.get().pk, by=stage.buyer, now=stage.now)
    order.refresh_from_db()
    assert order.seller_share - before == Money(895)


@pytest.mark.rule("FIN-01")
@pytest.mark.parametrize(
    ("sent", "main", "bonus"), [({}, 28, 0), ({"first": "bonus"}, 28, 0), ({"first": "main"}, 20, 8)]
)
def test_the_buyer_says_which_balance_pays_first_for_an_offer(
    stage: Stage, order: Order, sent: dict[str, str], main: int, bonus: int
) -> None:
    _offer(order, stage)
    give(stage.buyer, dollars(40), now=stage.now)
    give_bonus(stage.buyer, dollars(8), now=stage.now)
    page = _page(order, stage.buyer, stage)
    assert '<input type="radio" name="first" value="bonus" checked>' in page
    assert "$8.00 from the bonus balance, $12.00 from the main balance" in page
    assert "$20.00 from the main balance" in page
    assert "Paid from:" not in page
    page = _answer(order, order.offers.get(), "accept", stage.buyer, stage, **sent)
    assert "You accepted the offer." in page
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(main)
    assert ledger.balance(ledger.bonus_of(stage.buyer)) == dollars(bonus)


def test_no_choice_of_balance_is_asked_for_where_there_is_none(stage: Stage, order: Order) -> None:
    _offer(order, stage)
    give_bonus(stage.buyer, dollars(8), now=stage.now)
    assert 'name="first"' not in _page(order, stage.buyer, stage)
    give(stage.buyer, dollars(12), now=stage.now)
    page = _page(order, stage.buyer, stage)
    assert 'name="first"' not in page
    assert "Paid from: $8.00 from the bonus balance, $12.00 from the main balance" in page


@pytest.mark.rule("FIN-02", "WDR-02")
def test_what_adding_the_missing_sum_means_is_said_before_the_press(stage: Stage, order: Order) -> None:
    offers.offer(order.pk, order.kwork.extras.all()[0], quantity=1, by=stage.seller, now=stage.now)
    page = _page(order, stage.buyer, stage)
    assert words_of("finance/binding.html") in page
    assert "more than can be added at once" not in page
    order.offers.update(price=TOP_UP_MOST, quantity=2)
    page = _page(order, stage.buyer, stage)
    assert "more than can be added at once, $10,000" in page
    assert words_of("finance/binding.html") not in page
    assert "and come back</button>" not in page
    assert "Decline</button>" in page
    assert f"{reverse('top-up')}?next={quote(order.get_absolute_url() + '#offers', safe='')}" in page


@pytest.mark.usefixtures("payments")
def test_a_short_balance_is_topped_up_and_comes_back(stage: Stage, order: Order) -> None:
    _offer(order, stage)
    offer = order.offers.get()
    page = _page(order, stage.buyer, stage)
    assert f"Add ${TOP_UP_LEAST} and come back" in page or "Add $20.00 and come back" in page
    buyer = signed_in(stage.buyer)
    url = reverse("order-offer-fund", args=[order.number, offer.pk])
    with at(stage.now):
        there = [buyer.post(url).headers["Location"] for _ in range(2)]
    assert there[0] == there[1]
    top_up = TopUp.objects.get()
    assert (top_up.return_to, top_up.status) == (order.get_absolute_url(), TopUpStatus.OPEN)
    assert top_up.amount == max(dollars(20), TOP_UP_LEAST)
    assert ledger.balance(ledger.main_of(stage.buyer)) == ZERO
    give(stage.buyer, dollars(20), now=stage.now)
    assert "Your balance covers this offer now" in _answer(order, offer, "fund", stage.buyer, stage)
    assert "You accepted the offer." in _answer(order, offer, "accept", stage.buyer, stage)
    assert Offer.objects.get().status == OfferStatus.ACCEPTED
    assert "can no longer be accepted" in _answer(order, offer, "fund", stage.buyer, stage)


@pytest.mark.usefixtures("payments")
@pytest.mark.parametrize("status", [TopUpStatus.PROCESSING, TopUpStatus.QUESTIONED])
def test_what_is_on_its_way_is_not_asked_for_twice(stage: Stage, order: Order, status: TopUpStatus) -> None:
    _offer(order, stage)
    offer = order.offers.get()
    top_up = funding.fund_offer(offer.pk, by=stage.buyer, now=stage.now)
    if status is TopUpStatus.PROCESSING:
        top_ups.learn(str(top_up.session_id), session_of(top_up, paid=False), stage.now)
    else:
        top_ups.learn(str(top_up.session_id), session_of(top_up, amount=dollars(19)), stage.now)
    top_up.refresh_from_db()
    assert top_up.status == status
    page = _page(order, stage.buyer, stage)
    assert "is on its way to your balance" in page
    assert "and come back</" not in page
    assert "is on its way to your balance" in _answer(order, offer, "fund", stage.buyer, stage)
    assert TopUp.objects.count() == 1


@pytest.mark.parametrize("is_delivered", [True, False])
def test_days_that_are_over_are_saved_neither_on_the_page_nor_by_the_button(stage: Stage, is_delivered: bool) -> None:
    """In review the lead time stands still at the delivery: page and step count from there (ORD-09)."""
    kwork = stage.a_kwork(lead_days=3)
    quick = Extra.objects.create(kwork=kwork, title="Quick", price=dollars(10), days=-1, position=1)
    order = stage.an_order(at=Status.DELIVERED if is_delivered else Status.IN_WORK, kwork=kwork)
    offers.offer(order.pk, quick, quantity=1, by=stage.seller, now=stage.later())
    stage.later(timedelta(days=2, hours=1))
    offer = order.offers.get()
    page = _page(order, stage.buyer, stage)
    assert ("it can no longer be accepted" in page) is not is_delivered
    answers = [_answer(order, offer, "fund", stage.buyer, stage)] if not is_delivered else []
    give(stage.buyer, dollars(10), now=stage.now)
    answers.append(_answer(order, offer, "accept", stage.buyer, stage))
    assert all(("it can no longer be accepted" in answer) is not is_delivered for answer in answers)
    offer.refresh_from_db()
    assert (offer.status == OfferStatus.ACCEPTED) is is_delivered


def test_the_way_to_the_payment_page_counts_with_all_top_ups(stage: Stage, order: Order) -> None:
    _offer(order, stage)
    for _ in range(TOP_UP_LIMIT.most):
        TOP_UP_LIMIT.count(by=stage.buyer, now=stage.now)
    assert "Please wait a little" in _answer(order, order.offers.get(), "fund", stage.buyer, stage)
    assert not TopUp.objects.exists()


def test_more_offers_cost_no_more_queries(stage: Stage, order: Order) -> None:
    extra = order.kwork.extras.all()[0]
    buyer = signed_in(stage.buyer)

    def queries() -> int:
        with at(stage.now), CaptureQueriesContext(connection) as captured:
            buyer.get(order.get_absolute_url())
        return len(captured)

    offers.offer(order.pk, extra, quantity=1, by=stage.seller, now=stage.now)
    queries()
    few = queries()
    for quantity in range(2, 5):
        offers.offer(order.pk, extra, quantity=quantity, by=stage.seller, now=stage.now)
    assert queries() == few <= 34
