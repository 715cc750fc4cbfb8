"""The order form on a kwork's page: what it shows, keeps and refuses (CAT-05, ORD-01)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from core.money import dollars
from kworks.models import Kwork, KworkStatus
from orders.models import Checkout
from tests.orders.visits import HTMX, signed_in, words
from tests.stage import Stage

pytestmark = pytest.mark.rule("ORD-01")


def _url(kwork: Kwork) -> str:
    return reverse("order-form", args=[kwork.pk])


def _sent(kwork: Kwork, **values: object) -> dict[str, object]:
    """What a browser sends of the form as it was drawn."""
    shown = {f"price-{extra.pk}": extra.price.cents for extra in kwork.extras.all()}
    return {"quantity": 1, "token": uuid4(), "price": kwork.price.cents, **shown, **values}


@pytest.mark.rule("CAT-05")
def test_the_form_carries_what_the_live_total_needs(stage: Stage) -> None:
    kwork = stage.a_kwork(price=dollars(30), lead_days=3, extras=1)
    page = words(Client().get(_url(kwork)))
    assert 'data-cents="3000" data-days="3" data-days-further="1.5"' in page
    assert 'data-cents="1000" data-days="1"' in page
    assert "The seller starts within 24 hours, or you are refunded." in page


def test_it_fills_its_place_and_works_alone(stage: Stage) -> None:
    kwork = stage.a_kwork()
    part, page = words(Client().get(_url(kwork), headers=HTMX)), words(Client().get(_url(kwork)))
    assert part.startswith("<form")
    assert "<html" in page
    assert "data-live-total" in page


def test_a_guest_comes_back_after_signing_in_with_the_choice_kept(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=2)
    extra = f"extra-{kwork.extras.all()[1].pk}"
    answer = Client().post(_url(kwork), _sent(kwork, quantity=3, **{extra: 2}))
    way = urlsplit(answer.headers["Location"])
    assert way.path == reverse("account_login")
    back = parse_qs(way.query)["next"][0]
    page = words(signed_in(stage.buyer).get(back))
    assert 'name="quantity" value="3"' in page
    assert f'name="{extra}" value="2"' in page
    assert "$170.00" in page
    assert not Checkout.objects.exists()


def test_sending_it_keeps_the_choice_and_leads_to_the_last_look(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=1)
    sent = _sent(kwork, quantity=2, **{f"extra-{kwork.extras.get().pk}": 3})
    buyer = signed_in(stage.buyer)
    answers = [buyer.post(_url(kwork), sent) for _twice in range(2)]
    choice = Checkout.objects.get()
    assert (choice.quantity, choice.shown_total) == (2, dollars(130))
    assert [answer.headers["Location"] for answer in answers] == [choice.get_absolute_url()] * 2


def test_the_total_is_by_the_prices_that_were_shown(stage: Stage) -> None:
    kwork = stage.a_kwork()
    sent = _sent(kwork)
    Kwork.objects.filter(pk=kwork.pk).update(price=dollars(60))
    page = words(signed_in(stage.buyer).post(_url(kwork), sent, follow=True))
    assert "Price: you were shown $50.00. Today it is $60.00." in page


@pytest.mark.parametrize("quantity", ["0", "101", "-1", "many", ""])
def test_a_wrong_quantity_is_refused_with_everything_kept(stage: Stage, quantity: str) -> None:
    kwork = stage.a_kwork(extras=1)
    sent = _sent(kwork, quantity=quantity, **{f"extra-{kwork.extras.get().pk}": 7})
    page = words(signed_in(stage.buyer).post(_url(kwork), sent))
    assert "What you entered is kept." in page
    assert 'value="7"' in page
    assert not Checkout.objects.exists()


def test_an_extra_that_is_no_longer_offered_is_named(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=1)
    sent = _sent(kwork, **{f"extra-{kwork.extras.get().pk}": 1})
    kwork.extras.all().delete()
    page = words(signed_in(stage.buyer).post(_url(kwork), sent))
    assert "An extra you chose is no longer offered." in page
    assert not Checkout.objects.exists()


def test_ones_own_kwork_has_a_sentence_instead_of_a_form(stage: Stage) -> None:
    kwork = stage.a_kwork()
    seller = signed_in(stage.seller)
    assert "<form" not in words(seller.get(_url(kwork), headers=HTMX))
    assert "This is your own kwork" in words(seller.get(_url(kwork)))
    seller.post(_url(kwork), _sent(kwork))
    assert not Checkout.objects.exists()


def test_what_is_not_on_sale_has_no_form_and_what_was_never_published_is_not_found(stage: Stage) -> None:
    kwork = stage.a_kwork()
    Kwork.objects.filter(pk=kwork.pk).update(status=KworkStatus.PAUSED)
    assert "not on sale" in words(Client().get(_url(kwork), headers=HTMX))
    Kwork.objects.filter(pk=kwork.pk).update(status=KworkStatus.NEW)
    assert Client().get(_url(kwork)).status_code == 404


@pytest.mark.parametrize("key", ["extra-abc", f"extra-{'9' * 25}", "extra-0", "extra-²"])
def test_an_extra_without_a_number_is_left_out(stage: Stage, key: str) -> None:
    kwork = stage.a_kwork()
    answer = signed_in(stage.buyer).post(_url(kwork), _sent(kwork, **{key: 5}))
    assert answer.status_code == 302
    assert Checkout.objects.get().extras == {}


@pytest.mark.parametrize("number", ["9" * 4400, "²", "-1"])
def test_numbers_out_of_bounds_are_no_accident(stage: Stage, number: str) -> None:
    kwork = stage.a_kwork(extras=1)
    extra = f"extra-{kwork.extras.get().pk}"
    client = signed_in(stage.buyer)
    assert client.get(_url(kwork), {"quantity": number, extra: number}).status_code == 200
    assert client.post(_url(kwork), _sent(kwork, quantity=number, **{extra: number})).status_code == 200
    assert not Checkout.objects.exists()
