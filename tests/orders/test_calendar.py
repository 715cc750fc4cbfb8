"""Deadlines in a calendar program, under a secret address that can be renewed (ORD-12)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from structlog.testing import capture_logs

from accounts.models import User
from arbitration.steps import cases
from orders.models import Calendar, Status
from orders.rules import CALENDAR_LIMIT
from orders.steps import calendars
from tests.orders.visits import at, signed_in, words
from tests.stage import Stage

pytestmark = pytest.mark.rule("ORD-12")


def _read(user: User, stage: Stage) -> str:
    with at(stage.now):
        answer = Client().get(calendars.calendar_of(user, stage.now).get_absolute_url())
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("private")
    return answer.content.decode().replace("\r\n ", "")


def test_each_running_deadline_is_one_entry_for_both_sides(stage: Stage) -> None:
    placed, work = stage.an_order(), stage.an_order(at=Status.IN_WORK)
    stage.an_order(at=Status.COMPLETED)
    for user in (stage.buyer, stage.seller):
        uids = re.findall(r"UID:(\d+-\w+)@", _read(user, stage))
        assert sorted(uids) == sorted([f"{placed.number}-start", f"{work.number}-deadline", f"{work.number}-idle"])
    text = _read(stage.seller, stage)
    assert f"SUMMARY:You start working · {placed.title}".replace(",", "\\,") in text
    assert "It is your turn." in text
    assert "If nobody acts: The order is canceled by itself and $50.00 goes back to Bea Buyer." in text
    assert f"DTSTART:{placed.start_due_at:%Y%m%dT%H%M%SZ}" in text
    assert f"URL:{settings.SITE_URL}{placed.get_absolute_url()}" in text
    assert "It is the turn of Sam Seller." in _read(stage.buyer, stage)


@pytest.mark.rule("CAN-17")
def test_what_stands_still_is_left_out(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    cases.open_case(order.pk, text="No contact.", by=stage.buyer, now=stage.later())
    assert "BEGIN:VEVENT" not in _read(stage.buyer, stage)


def test_a_renewed_address_ends_the_old_one(stage: Stage) -> None:
    buyer = signed_in(stage.buyer)
    with at(stage.now):
        page = words(buyer.get(reverse("order-calendar-page")))
        old = Calendar.objects.get(user=stage.buyer).get_absolute_url()
        assert old in page
        assert old in words(buyer.get(reverse("order-calendar-page")))
        page = words(buyer.post(reverse("order-calendar-page"), follow=True))
        new = Calendar.objects.get(user=stage.buyer).get_absolute_url()
        assert (old in page, new in page) == (False, True)
        assert Client().get(old).status_code == 404
        assert Client().get(new).status_code == 200


def test_nobody_else_gets_in(stage: Stage) -> None:
    assert Client().get(reverse("order-calendar", args=["x" * 32])).status_code == 404
    assert reverse("account_login") in Client().get(reverse("order-calendar-page")).headers["Location"]
    address = calendars.calendar_of(stage.buyer, stage.now).get_absolute_url()
    assert Client().post(address).status_code == 405
    User.objects.filter(pk=stage.buyer.pk).update(is_active=False)
    assert Client().get(address).status_code == 404


def test_programs_that_ask_too_often_wait(stage: Stage) -> None:
    address = calendars.calendar_of(stage.buyer, stage.now).get_absolute_url()
    with at(stage.now):
        answers = [Client().get(address).status_code for _ in range(CALENDAR_LIMIT.most + 1)]
    assert set(answers[:-1]) == {200}
    assert answers[-1] == 429
    with at(stage.now + timedelta(hours=1)):
        assert Client().get(address).status_code == 200


def test_many_orders_cost_no_more_queries(stage: Stage) -> None:
    kwork = stage.a_kwork()
    address = calendars.calendar_of(stage.buyer, stage.now).get_absolute_url()

    def queries() -> int:
        with at(stage.now), CaptureQueriesContext(connection) as captured:
            Client().get(address)
        return len(captured)

    stage.an_order(kwork=kwork)
    few = queries()
    for _ in range(4):
        stage.an_order(kwork=kwork)
    assert queries() == few <= 4


def test_the_secret_is_not_written_into_the_log(stage: Stage) -> None:
    calendar = calendars.calendar_of(stage.buyer, stage.now)
    with at(stage.now), capture_logs() as logs:
        Client().get(calendar.get_absolute_url())
    told = [line["path"] for line in logs if line["event"] == "request"]
    assert told == ["/calendar/<str:token>.ics"]
