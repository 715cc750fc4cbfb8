"""An order's files: for its two sides and staff only, and never run by a browser (ORD-13)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import User
from core.models import Upload
from core.uploads import receive
from orders.models import Order, Status
from orders.steps import thread
from tests.kworks.files import a_file, an_image
from tests.orders.visits import signed_in, words
from tests.stage import Stage

pytestmark = pytest.mark.rule("ORD-13")
ZIP = b"PK\x05\x06" + b"\x00" * 18


def _sent(stage: Stage, name: str, content: bytes) -> tuple[str, str]:
    order = stage.an_order(at=Status.IN_WORK)
    upload = receive(a_file(name, content), by=stage.seller, now=stage.now)
    thread.write(order.pk, text="Look.", files=[upload], by=stage.seller, now=stage.later())
    return reverse("order-file", args=[order.number, upload.pk]), order.number


def test_both_sides_and_staff_get_the_file_and_nobody_else(stage: Stage, sten: User, ada: User) -> None:
    url, _number = _sent(stage, "all.zip", ZIP)
    for user in (stage.buyer, stage.seller, ada):
        answer = signed_in(user).get(url)
        assert (answer.status_code, answer.getvalue()) == (200, ZIP)
    assert signed_in(sten).get(url).status_code == 404


def test_a_picture_is_shown_and_anything_else_is_saved(stage: Stage) -> None:
    buyer = signed_in(stage.buyer)
    picture = buyer.get(_sent(stage, "logo.png", an_image())[0])
    archive = buyer.get(_sent(stage, "all.zip", ZIP)[0])
    assert picture.headers["Content-Disposition"] == 'inline; filename="logo.png"'
    assert archive.headers["Content-Disposition"] == 'attachment; filename="all.zip"'
    for answer in (picture, archive):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.streaming


def test_a_file_of_another_order_is_not_found_under_this_one(stage: Stage) -> None:
    url, _number = _sent(stage, "logo.png", an_image())
    _other, number = _sent(stage, "sketch.png", an_image())
    upload = url.rstrip("/").rsplit("/", 1)[-1]
    buyer = signed_in(stage.buyer)
    assert buyer.get(reverse("order-file", args=[number, upload])).status_code == 404
    assert buyer.get(reverse("order-file", args=[number, uuid4()])).status_code == 404


@pytest.mark.parametrize(("status", "count"), [(Status.COMPLETED, 60), (Status.COMPLETED, 1), (Status.IN_WORK, 11)])
def test_files_that_cannot_be_sent_are_not_stored(stage: Stage, status: Status, count: int) -> None:
    order = stage.an_order(at=status)
    files = [a_file(f"{number}.zip", ZIP) for number in range(count)]
    sent = {"text": "Look.", "token": uuid4(), "uploads": files}
    answer = signed_in(stage.seller).post(reverse("order-message", args=[order.number]), sent)
    told = "At most 10 files at a time." if status == Status.IN_WORK else "This is no longer possible"
    assert told in words(answer)
    assert not Upload.objects.filter(owner=stage.seller).exists()


def test_an_order_from_before_a_term_still_shows(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    Order.objects.filter(pk=order.pk).update(terms={})
    assert signed_in(stage.buyer).get(order.get_absolute_url()).status_code == 200
