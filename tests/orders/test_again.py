"""Ordering the same again: the same quantity and extras as far as they are offered, at today's prices (ORD-15)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from core.money import dollars
from kworks.models import Extra, Kwork, KworkStatus
from orders.models import Order, Status
from orders.steps import checkout, offers
from tests.orders.visits import at, signed_in, words
from tests.stage import Stage, give

pytestmark = pytest.mark.rule("ORD-15")


def _ordered(stage: Stage, kwork: Kwork) -> Order:
    first, second = kwork.extras.all()
    choice = stage.a_choice(kwork, quantity=2, extras={str(first.pk): 3, str(second.pk): 1})
    give(stage.buyer, choice.shown_total, now=stage.now)
    return checkout.place(choice.pk, by=stage.buyer, now=stage.now)


def _again(order: Order, user: User, stage: Stage) -> str:
    with at(stage.now):
        return words(signed_in(user).get(reverse("order-again", args=[order.number]), follow=True))


def test_the_form_is_filled_with_the_same_at_todays_price(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=2)
    order = _ordered(stage, kwork)
    Extra.objects.filter(kwork=kwork, title="Extra 1").update(price=dollars(15))
    with at(stage.now):
        page = signed_in(stage.buyer).get(reverse("order-again", args=[order.number]), follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("order-form", args=[kwork.pk]))
    assert page.context["total"] == dollars(50 * 2 + 15 * 3 + 10)
    assert "No longer offered" not in words(page)


def test_what_is_no_longer_offered_is_named(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=2)
    order = _ordered(stage, kwork)
    Extra.objects.filter(kwork=kwork, title="Extra 2").delete()
    page = _again(order, stage.buyer, stage)
    assert "No longer offered: Extra 2." in page
    assert "$130.00" in page


def test_what_was_bought_inside_the_order_counts_by_its_kind(stage: Stage) -> None:
    kwork, other = stage.a_kwork(extras=2), stage.a_kwork()
    order = _ordered(stage, kwork)
    give(stage.buyer, dollars(60), now=stage.now)
    for thing in (kwork.extras.first(), other):
        assert thing is not None
        made = offers.offer(order.pk, thing, quantity=1, by=stage.seller, now=stage.later())
        offers.accept(made.pk, by=stage.buyer, now=stage.later())
    page = _again(order, stage.buyer, stage)
    assert f"order it by itself: {other.title}." in page
    assert "$150.00" in page  # 2 x 50, 4 x 10, 1 x 10


def test_a_kwork_that_is_not_on_sale_leads_to_similar_ones(stage: Stage, sten: User) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    others = Stage(buyer=stage.buyer, seller=sten, now=stage.now).a_kwork()
    Kwork.objects.filter(pk=order.kwork_id).update(status=KworkStatus.PAUSED)
    page = _again(order, stage.buyer, stage)
    assert "is not on sale any more." in page
    assert others.get_absolute_url() in page
    assert order.kwork.category is not None
    assert order.kwork.category.get_absolute_url() in page


@pytest.mark.parametrize("status", list(Status))
def test_only_the_buyer_is_offered_it(stage: Stage, status: Status, sten: User) -> None:
    order = stage.an_order(at=status)
    url = reverse("order-again", args=[order.number])
    with at(stage.now):
        assert url in words(signed_in(stage.buyer).get(order.get_absolute_url()))
        assert url not in words(signed_in(stage.seller).get(order.get_absolute_url()))
    for user in (stage.seller, sten):
        assert signed_in(user).get(url).status_code == 404
