"""What a browser may keep: nothing of somebody who is signed in, unless the answer itself says so."""

from __future__ import annotations

import pytest
from django.test import Client

from core.uploads import receive
from orders.models import Status
from orders.steps import thread
from tests.kworks.files import a_file
from tests.stage import Stage

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/categories/",
    "/settings/",
    "/settings/account/",
    "/balance/",
    "/orders/",
    "/notifications/",
    "/nowhere/",
]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_of_a_signed_in_page_is_kept(client: Client, stage: Stage, path: str) -> None:
    client.force_login(stage.buyer)
    kept = client.get(path)["Cache-Control"]
    assert "private" in kept
    assert "no-store" in kept


def test_an_orders_page_is_not_kept(client: Client, stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    client.force_login(stage.buyer)
    assert "no-store" in client.get(order.get_absolute_url())["Cache-Control"]
    assert "no-store" in client.get(order.get_absolute_url(), headers={"HX-Request": "true"})["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/categories/", "/rules/", "/search/?q=logo"])
def test_what_everybody_sees_is_left_alone(client: Client, path: str) -> None:
    assert "Cache-Control" not in client.get(path)
    client.cookies["sessionid"] = "of-a-session-that-has-ended"
    assert "Cache-Control" not in client.get(path)


def test_what_says_for_itself_how_long_it_may_be_kept_keeps_it(client: Client, stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    upload = receive(a_file(), by=stage.buyer, now=stage.now)
    thread.write(order.pk, text="Look.", files=[upload], by=stage.buyer, now=stage.now)
    client.force_login(stage.buyer)
    answer = client.get(f"/orders/{order.number}/files/{upload.pk}/")
    assert answer["Cache-Control"] == "private, max-age=3600, immutable"
