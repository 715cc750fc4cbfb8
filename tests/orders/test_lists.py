"""My orders and Manage orders: counts, search, what awaits one first, and a bounded number of queries (ORD-03)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from arbitration.steps import canceling, cases, settling
from core.money import dollars
from orders.models import Order, Status
from orders.rules import ORDERS_PER_PAGE
from orders.steps import offers, thread, work
from tests.orders.visits import at, signed_in, words
from tests.stage import Stage

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.rule("ORD-03")


def _answer(stage: Stage, user: User, **query: str) -> Answer:
    with at(stage.now):
        return signed_in(user).get(reverse("orders"), query)


def _list(stage: Stage, user: User, **query: str) -> str:
    return words(_answer(stage, user, **query))


def _rows(answer: Answer) -> list[int]:
    return [row.order.pk for row in answer.context["rows"]]


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


def test_tabs_count_each_part_and_choose(stage: Stage) -> None:
    kwork = stage.a_kwork()
    orders = {status: stage.an_order(at=status, kwork=kwork) for status in Status}
    stage.an_order(kwork=kwork)
    disputed = stage.an_order(at=Status.IN_WORK, kwork=kwork)
    canceling.cancel(disputed.pk, "CAN-03", by=stage.buyer, now=stage.later())
    answer = _answer(stage, stage.buyer, role="buyer", status="delivered")
    assert [(tab["label"], tab["count"]) for tab in answer.context["tabs"]] == [
        ("All", 8),
        ("Your turn", 5),  # five open orders of which the information is missing, one of them delivered
        ("To be started", 2),
        ("In work", 2),
        ("Expired", 0),
        ("Delivered", 1),
        ("In dispute", 1),
        ("Completed", 1),
        ("Split", 1),
        ("Canceled", 1),
    ]
    assert _rows(answer) == [orders[Status.DELIVERED].pk]
    assert _rows(_answer(stage, stage.buyer, role="buyer", status="disputed")) == [disputed.pk]
    assert _rows(_answer(stage, stage.buyer, role="buyer", status="split")) == [orders[Status.SPLIT].pk]
    assert len(_rows(_answer(stage, stage.buyer, role="buyer", status="awaits"))) == 5


@pytest.mark.rule("ORD-07")
def test_work_past_its_deadline_has_a_part_of_its_own(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    for moment, parts in ((-1, {"in_work"}), (0, {"expired"})):
        stage.now = order.deadline + timedelta(seconds=moment)
        for status in ("in_work", "expired"):
            rows = _rows(_answer(stage, stage.buyer, role="buyer", status=status))
            assert rows == ([order.pk] if status in parts else [])


def test_what_awaits_the_viewer_comes_first_then_what_is_due_next(stage: Stage) -> None:
    kwork = stage.a_kwork()
    orders = {status: stage.an_order(at=status, kwork=kwork) for status in Status}
    answer = _answer(stage, stage.seller, role="seller")
    rows = [row.order.status for row in answer.context["rows"]]
    assert rows[:2] == [Status.PLACED, Status.IN_WORK]
    assert rows[2] == Status.DELIVERED
    assert [row.todo for row in answer.context["rows"]][:3] == ["Start working", "Deliver the result", ""]
    assert orders[Status.PLACED].start_due_at is not None


def _todo(stage: Stage, order: Order) -> tuple[str, str]:
    """What the lists tell buyer and seller to do."""
    found = []
    for user, role in ((stage.buyer, "buyer"), (stage.seller, "seller")):
        answer = _answer(stage, user, role=role)
        found += [row.todo for row in answer.context["rows"] if row.order.pk == order.pk]
    return found[0], found[1]


def test_each_side_reads_what_it_is_to_do(stage: Stage) -> None:
    order = stage.an_order()
    assert _todo(stage, order) == ("Send the information", "Start working")
    work.send_information(order.pk, text="Kiln & Co.", by=stage.buyer, now=stage.later())
    assert _todo(stage, order) == ("", "Start working")
    thread.write(order.pk, text="Which color?", by=stage.seller, now=stage.later())
    assert _todo(stage, order) == ("Answer the message", "Start working")
    thread.write(order.pk, text="Blue.", by=stage.buyer, now=stage.later())
    work.start(order.pk, by=stage.seller, now=stage.later())
    assert _todo(stage, order) == ("", "Deliver the result")
    work.deliver(order.pk, text="Here.", by=stage.seller, now=stage.later())
    assert _todo(stage, order) == ("Accept or return the result", "")
    thread.write(order.pk, text="What is this?", by=stage.buyer, now=stage.later())
    assert _todo(stage, order) == ("Accept or return the result", "Answer the message")


@pytest.mark.rule("CAN-15")
def test_a_dispute_awaits_the_side_that_was_asked(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    work.send_information(order.pk, text="Kiln & Co.", by=stage.buyer, now=stage.later())
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    assert _todo(stage, order) == ("", "Confirm or decline the cancellation")
    canceling.decline(order.pk, text="No.", by=stage.seller, now=stage.later())
    assert _todo(stage, order)[1] == "Deliver the result"
    cases.open_case(order.pk, text="No contact.", by=stage.buyer, now=stage.later())
    assert _todo(stage, order) == ("", "")
    settling.offer(order.pk, dollars(20), text="", by=stage.seller, now=stage.later())
    assert _todo(stage, order) == ("Answer the proposed split", "")


def test_an_offer_awaits_the_buyer(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=1)
    order = stage.an_order(kwork=kwork)
    work.send_information(order.pk, text="Kiln & Co.", by=stage.buyer, now=stage.later())
    offers.offer(order.pk, kwork.extras.get(), quantity=1, by=stage.seller, now=stage.later())
    assert _todo(stage, order) == ("Answer the offer", "Start working")


@pytest.mark.rule("ORD-12", "CAN-17")
def test_the_next_deadline_is_the_earliest_that_runs(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)

    def told() -> tuple[str, datetime | None, str]:
        (row,) = _answer(stage, stage.buyer, role="buyer").context["rows"]
        assert row.clock.at == row.order.next_at
        return row.clock.label, row.clock.at, row.clock.short

    assert told() == ("Sam Seller delivers the result", order.deadline, "else it shows as Expired")
    assert order.deadline is not None
    stage.now = order.deadline
    assert told() == ("Either side writes or does something", order.idle_due_at, "else canceled and refunded")
    stage.now = order.deadline - timedelta(days=3)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.now)
    order.refresh_from_db()
    assert told() == ("Answer to the cancellation", order.dispute_due_at, "else canceled and refunded")


def test_orders_are_found_by_number_title_and_the_other_sides_name(stage: Stage) -> None:
    first, second = stage.an_order(), stage.an_order()
    page = _list(stage, stage.buyer, role="buyer", q=first.number[:6])
    assert first.number in page
    page = _list(stage, stage.buyer, role="buyer", q=second.title[-9:].upper())
    assert (first.number in page, second.number in page) == (False, True)
    assert first.number in _list(stage, stage.buyer, role="buyer", q="sam sel")
    assert first.number in _list(stage, stage.seller, role="seller", q="BEA")
    assert "No such order" in _list(stage, stage.buyer, role="buyer", q="Bea Buyer")
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
