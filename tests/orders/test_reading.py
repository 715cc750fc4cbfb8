"""Staff read orders of others only with the permission to, and every reading is noted (ARB-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from core.models import Event, Upload
from core.uploads import receive
from orders.models import Order, Status
from orders.rules import READ_NOTED_EVERY
from orders.steps import thread
from tests.kworks.files import a_file
from tests.orders.visits import HTMX, at, signed_in, words
from tests.stage import Stage

pytestmark = pytest.mark.rule("ARB-08")


def _readings(order: Order) -> list[tuple[str, str]]:
    found = Event.objects.filter(kind="order.read", subject_id=order.pk).order_by("pk")
    return [(event.by.login if event.by else "", event.facts["what"]) for event in found]


def _file(order: Order, stage: Stage) -> tuple[Upload, str]:
    upload = receive(a_file("all.zip", b"PK\x05\x06" + b"\x00" * 18), by=stage.seller, now=stage.now)
    thread.write(order.pk, text="Look.", files=[upload], by=stage.seller, now=stage.later())
    return upload, reverse("order-file", args=[order.number, upload.pk])


@pytest.mark.django_db
def test_being_staff_is_not_enough(stage: Stage, sten: User) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    _upload, url = _file(order, stage)
    sten.is_staff = True
    sten.save()
    for address in (order.get_absolute_url(), url):
        assert signed_in(sten).get(address).status_code == 404
    assert _readings(order) == []
    sten.user_permissions.add(Permission.objects.get(content_type__app_label="orders", codename="view_order"))
    for address in (order.get_absolute_url(), url):
        assert signed_in(sten).get(address).status_code == 200


def test_the_permission_alone_is_not_enough(stage: Stage, sten: User) -> None:
    order = stage.an_order()
    sten.user_permissions.add(Permission.objects.get(content_type__app_label="orders", codename="view_order"))
    assert signed_in(sten).get(order.get_absolute_url()).status_code == 404


def test_a_page_is_noted_once_in_ten_minutes_and_each_file_each_time(stage: Stage, ada: User, mo: User) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    upload, url = _file(order, stage)
    for _again in range(2):
        with at(stage.now):
            signed_in(ada).get(order.get_absolute_url())
            signed_in(ada).get(order.get_absolute_url(), {"seen": "0"}, headers=HTMX)
    with at(stage.now):
        signed_in(mo).get(reverse("admin:orders_order_change", args=[order.pk]))
    assert _readings(order) == [("ada", "page"), ("mo", "page")]
    with at(stage.now + READ_NOTED_EVERY - timedelta(seconds=1)):
        signed_in(ada).get(order.get_absolute_url())
    assert len(_readings(order)) == 2
    with at(stage.now + READ_NOTED_EVERY):
        signed_in(ada).get(order.get_absolute_url())
        signed_in(ada).get(url)
        signed_in(ada).get(url)
    assert _readings(order)[2:] == [("ada", "page"), ("ada", f"file {upload.name}"), ("ada", f"file {upload.name}")]


def test_the_sides_are_neither_noted_nor_told(stage: Stage, ada: User) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    buyer = signed_in(stage.buyer)
    with at(stage.now):
        seen = buyer.get(order.get_absolute_url()).context["seen"]
        signed_in(ada).get(order.get_absolute_url())
        assert buyer.get(order.get_absolute_url(), {"seen": seen}, headers=HTMX).status_code == 204
        page = words(buyer.get(order.get_absolute_url()))
    assert _readings(order) == [("ada", "page")]
    assert "Ada Arbiter" not in page
    assert "order.read" not in page
