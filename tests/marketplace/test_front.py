"""The front page: what is on sale, the numbers of the rules, and what awaits whoever is signed in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from kworks.models import Kwork, KworkStatus
from marketplace import front
from orders import rules
from orders.models import Status
from orders.steps import work
from reputation.steps import leave_feedback
from tests.stage import Stage

pytestmark = pytest.mark.django_db

KEPT_QUERIES = 9
COLD_QUERIES = 15
SIGNED_IN_QUERIES = 13


def _words(client: Client) -> str:
    return " ".join(client.get("/").content.decode().split())


def test_an_empty_site_has_a_front_page(client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert page.context["numbers"] == front.Numbers(on_sale=0, completed=0, liked_percent=None)
    assert page.context["liked"] == page.context["newest"] == page.context["feedbacks"] == []


def test_the_page_prints_the_numbers_the_site_runs_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "START_WITHIN", timedelta(hours=31))
    monkeypatch.setattr(front, "REVIEW_WITHIN", timedelta(days=9))
    monkeypatch.setattr(front, "MISTAKE_WITHIN", timedelta(minutes=17))
    words = _words(client)
    assert "Within 31 hours" in words
    assert "You have 9 days to accept" in words
    assert "for 17 minutes you can still cancel" in words
    assert "Of an order for $50 you receive $40: the commission is 20%" in words


def test_kworks_with_the_most_likes_come_first_and_only_while_on_sale(stage: Stage, client: Client) -> None:
    kworks = [stage.a_kwork() for _each in range(3)]
    for kwork, likes in zip(kworks, (2, 7, 9), strict=True):
        Kwork.objects.filter(pk=kwork.pk).update(likes=likes)
    Kwork.objects.filter(pk=kworks[2].pk).update(status=KworkStatus.PAUSED)
    assert [kwork.pk for kwork in client.get("/").context["liked"]] == [kworks[1].pk, kworks[0].pk]


def test_a_kwork_paused_a_moment_ago_is_gone_though_the_choice_is_kept(stage: Stage, client: Client) -> None:
    kwork = stage.a_kwork()
    assert [each.pk for each in client.get("/").context["newest"]] == [kwork.pk]
    Kwork.objects.filter(pk=kwork.pk).update(status=KworkStatus.PAUSED)
    assert client.get("/").context["newest"] == []


def test_the_last_feedback_is_shown_good_or_bad(stage: Stage, client: Client, bea: User) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    leave_feedback(order.pk, positive=False, text="The logo is a triangle.", by=bea, now=stage.later())
    page = client.get("/")
    assert [feedback.text for feedback in page.context["feedbacks"]] == ["The logo is a triangle."]
    assert page.context["numbers"] == front.Numbers(on_sale=1, completed=1, liked_percent=0)


def test_categories_with_the_most_orders_lately_are_offered(stage: Stage) -> None:
    order = stage.an_order()
    assert front.popular(stage.now) == [order.kwork.category]


def test_categories_ordered_long_ago_are_not_offered(stage: Stage) -> None:
    stage.an_order()
    assert front.popular(stage.now + timedelta(days=31)) == []


def test_a_buyer_is_told_to_look_at_a_delivery(stage: Stage, bea: User) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    tasks = front.tasks(bea, stage.now)
    assert [(task.order, task.other, task.due_at) for task in tasks] == [(order, order.seller, order.review_due_at)]


def test_a_buyer_is_told_to_send_the_information_only_until_it_is_sent(stage: Stage, bea: User) -> None:
    order = stage.an_order()
    assert [task.due_at for task in front.tasks(bea, stage.now)] == [None]
    work.send_information(order.pk, text="Fernhill, toys.", by=bea, now=stage.later())
    assert front.tasks(bea, stage.now) == []


def test_a_seller_sees_what_is_due_first_on_top(stage: Stage, sam: User) -> None:
    working = stage.an_order(at=Status.IN_WORK)
    placed = stage.an_order()
    tasks = front.tasks(sam, stage.now)
    assert [task.order for task in tasks] == [placed, working]
    assert tasks[0].due_at == placed.placed_at + rules.START_WITHIN


def test_an_overdue_order_is_marked_and_cannot_be_overlooked(stage: Stage, sam: User, client: Client) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    late = front.tasks(sam, order.deadline + timedelta(hours=1))
    assert [task.past for task in late] == [True]


def test_what_awaits_a_user_is_on_the_page_in_words(stage: Stage, sam: User, client: Client) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    client.force_login(sam)
    words = _words(client)
    assert "Hello, Sam Seller" in words
    assert f'href="{order.get_absolute_url()}"' in words


def test_a_stranger_to_every_order_has_nothing_to_do(stage: Stage, sten: User, client: Client) -> None:
    stage.an_order(at=Status.DELIVERED)
    client.force_login(sten)
    assert client.get("/").context["tasks"] == []
    assert "Nothing at the moment" in _words(client)


@pytest.mark.parametrize("count", [1, 6])
def test_the_page_costs_the_same_however_much_is_on_sale(
    stage: Stage, client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(count):
        order = stage.an_order(at=Status.COMPLETED)
        leave_feedback(order.pk, positive=True, text="Good.", by=stage.buyer, now=stage.later())
    client.get("/")
    with django_assert_num_queries(KEPT_QUERIES):
        client.get("/")


def test_what_is_chosen_from_everything_is_chosen_once_a_minute(
    stage: Stage, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stage.an_order(at=Status.COMPLETED)
    with django_assert_num_queries(COLD_QUERIES):
        client.get("/")


def test_signing_in_adds_only_what_awaits_the_user(
    stage: Stage, client: Client, bea: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stage.an_order(at=Status.DELIVERED)
    client.force_login(bea)
    client.get("/")
    with django_assert_num_queries(SIGNED_IN_QUERIES):
        client.get("/")
