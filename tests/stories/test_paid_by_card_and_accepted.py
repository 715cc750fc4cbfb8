"""Bea has nothing, chooses a kwork, pays what is missing by card, gets it and accepts it; Sam is paid."""

from __future__ import annotations

import pytest
from django.test import Client

from core import handing
from core.money import dollars
from finance.escrow import ShortBalance
from orders.models import Order, Status
from orders.steps import checkout, ending, funding, work
from tests.payments import Payments
from tests.stage import HOUR, Stage
from tests.stories.books import lines


@pytest.mark.rule("ORD-01")
@pytest.mark.rule("ORD-02")
@pytest.mark.rule("ORD-11")
@pytest.mark.rule("FIN-02")
def test_from_the_card_to_the_sellers_balance(stage: Stage, payments: Payments, client: Client) -> None:
    bea, sam = stage.buyer, stage.seller
    choice = stage.a_choice(stage.a_kwork(price=dollars(50)))

    with pytest.raises(ShortBalance, match=r"short by \$50.00"):
        checkout.place(choice.pk, by=bea, now=stage.now)
    assert lines() == []

    top_up = funding.fund(choice.pk, by=bea, now=stage.later())
    payments.pay(top_up)
    assert payments.deliver(client, payments.told()).status_code == 200
    assert lines() == [("top_up", "provider", "−$50.00"), ("top_up", "bea main", "$50.00")]

    handing.hand_on_waiting(now=stage.later())
    order = Order.objects.get()
    assert order.status == Status.PLACED
    assert lines()[2:] == [("hold", "bea main", "−$50.00"), ("hold", "escrow", "$50.00")]

    work.start(order.pk, by=sam, now=stage.later(HOUR))
    work.deliver(order.pk, text="Here it is.", by=sam, now=stage.later(HOUR))
    ending.accept(order.pk, by=bea, now=stage.later(HOUR))
    assert lines()[4:] == [
        ("release", "escrow", "−$50.00"),
        ("release", "commission", "$10.00"),
        ("release", "sam main", "$40.00"),
    ]

    client.force_login(sam)
    page = client.get("/balance/").content.decode()
    assert "Earned from an order" in page
    assert f"/orders/{order.number}/" in page
    assert "+$40.00" in page
