"""Nobody does anything: what the minute's sweep does with the money once a time is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.money import dollars
from finance.queries import balances
from marketplace.schedule import SWEEPS
from orders.models import Order, Status
from tests.stage import Stage
from tests.stories.books import lines

MINUTE = timedelta(minutes=1)


def _minute_passes(stage: Stage) -> None:
    now = stage.later(MINUTE)
    for sweep in SWEEPS:
        sweep.run(now)


@pytest.mark.rule("ORD-05")
@pytest.mark.rule("CAN-16")
def test_an_order_that_is_not_started_comes_back_whole(stage: Stage) -> None:
    order = stage.an_order(at=Status.PLACED)
    stage.now = order.placed_at + timedelta(hours=24) - 2 * MINUTE
    _minute_passes(stage)
    assert lines()[4:] == []

    _minute_passes(stage)
    _minute_passes(stage)
    assert lines()[4:] == [("refund", "escrow", "−$50.00"), ("refund", "bea main", "$50.00")]
    assert balances(stage.buyer).main == dollars(50)
    assert Order.objects.get().status == Status.CANCELED


@pytest.mark.rule("ORD-08")
@pytest.mark.rule("ORD-11")
def test_a_delivery_that_is_not_answered_pays_the_seller(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    assert order.delivered_at
    stage.now = order.delivered_at + timedelta(days=3) - 2 * MINUTE
    _minute_passes(stage)
    assert lines()[4:] == []

    _minute_passes(stage)
    _minute_passes(stage)
    assert lines()[4:] == [
        ("release", "escrow", "−$50.00"),
        ("release", "commission", "$10.00"),
        ("release", "sam main", "$40.00"),
    ]
    assert balances(stage.seller).main == dollars(40)
    assert Order.objects.get().status == Status.COMPLETED
