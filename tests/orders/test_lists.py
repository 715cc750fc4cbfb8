"""My orders and Manage orders: counts, search, what awaits one first, and a bounded number of queries (ORD-03)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from orders.models import Order, Status
from orders.rules import ORDERS_PER_PAGE
from tests.orders.visits import at, signed_in, words
from tests.stage import Stage

pytestmark = pytest.mark.rule("ORD-03")


def _list(stage: Stage, user: User, **query: str) -> str:
    with at(stage.now):
        return words(signed_in(user).get(reverse("orders"), query))


def test_each_role_has_its_own_list(stage: Stage) -> None:
    order = stage.an_order()
    assert "<h1>My orders</h1>" in _list(stage, stage.buyer, role="buyer")
    assert order.number in _list(stage, stage.buyer, role="buyer")
    assert "<h1>Manage orders</h1>" in _list(stage, stage.seller, role="seller")
    assert order.number in _list(stage, stage.seller, role="seller")
    assert order.number not in _list(stage, stage.buyer, role="seller")
    assert "<h1>My orders</h1>" in _list(stage, stage.buyer, role="nonsense")


def test_strangers_see_none_of_it(stage: Stage, sten: User) -> None:
    order = stage.an_order()
    for role in ("buyer", "seller"):
        assert order.number not in _list(stage, sten, role=role)
    assert "You have not ordered anything yet" in _list(stage, sten, role="buyer")
    assert "Nobody has ordered from you yet" in _list(stage, sten, role="seller")


def test_tabs_count_by_status_and_choose(stage: Stage) -> None:
    kwork = stage.a_kwork()
    orders = {status: stage.an_order(at=status, kwork=kwork) for status in Status}
    stage.an_order(kwork=kwork)
    with at(stage.now):
        answer = signed_in(stage.buyer).get(reverse("orders"), {"role": "buyer", "status": "delivered"})
    assert [(tab["label"], tab["count"]) for tab in answer.context["tabs"]] == [
        ("All", 6),
        ("To be started", 2),
        ("In work", 1),
        ("Delivered", 1),
        ("Completed", 1),
        ("Canceled", 1),
    ]
    assert [order for order, _expired in answer.context["rows"]] == [orders[Status.DELIVERED]]


def test_what_awaits_the_viewer_comes_first_then_what_is_due_next(stage: Stage) -> None:
    kwork = stage.a_kwork()
    orders = {status: stage.an_order(at=status, kwork=kwork) for status in Status}
    with at(stage.now):
        answer = signed_in(stage.seller).get(reverse("orders"), {"role": "seller"})
    rows = [order.status for order, _expired in answer.context["rows"]]
    assert set(rows[:2]) == {Status.PLACED, Status.IN_WORK}
    assert rows[0] == Status.PLACED
    assert set(rows[3:]) == {Status.COMPLETED, Status.CANCELED}
    assert words(answer).count("Your turn") == 2
    assert orders[Status.PLACED].start_due_at is not None


def test_orders_are_found_by_number_and_title(stage: Stage) -> None:
    first, second = stage.an_order(), stage.an_order()
    page = _list(stage, stage.buyer, role="buyer", q=first.number[:6])
    assert first.number in page
    page = _list(stage, stage.buyer, role="buyer", q=second.title[-9:].upper())
    assert (first.number in page, second.number in page) == (False, True)
    assert "No such order" in _list(stage, stage.buyer, role="buyer", q="nothing like it")


def test_a_long_list_has_pages_and_keeps_its_query_count(stage: Stage) -> None:
    kwork = stage.a_kwork()
    buyer = signed_in(stage.buyer)

    def queries() -> int:
        with at(stage.now), CaptureQueriesContext(connection) as captured:
            assert buyer.get(reverse("orders"), {"role": "buyer"}).status_code == 200
        return len(captured)

    stage.an_order(kwork=kwork)
    queries()
    few = queries()
    for _ in range(ORDERS_PER_PAGE):
        stage.an_order(kwork=kwork)
    assert queries() == few
    assert few <= 14
    page = _list(stage, stage.buyer, role="buyer", page="2")
    assert sum(order.number in page for order in Order.objects.all()) == 1
