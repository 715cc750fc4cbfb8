"""Bea redeems a code, staff give her a bonus and find her bank transfer; she orders with all of it and takes it back."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from arbitration.steps import canceling
from core.money import dollars
from finance.models import OfflineWay, PromoCode
from finance.queries import Balances, balances
from finance.steps import offline, promo
from orders.steps import checkout
from tests.stage import Stage
from tests.stories.books import lines


@pytest.mark.rule("FIN-04")
@pytest.mark.rule("PAY-01")
@pytest.mark.rule("FIN-01")
def test_bonus_and_transferred_money_pay_and_come_back_apart(stage: Stage) -> None:
    bea, mo = stage.buyer, stage.moderator
    code = PromoCode(
        code="WELCOME",
        amount=dollars(12),
        valid_from=stage.now,
        valid_until=stage.now + timedelta(days=30),
        most_uses=100,
    )
    promo.keep(code, [], by=mo, now=stage.later())
    promo.redeem("welcome", by=bea, now=stage.later())
    promo.give_bonus(bea, dollars(3), "For the wait.", token=uuid4(), by=mo, now=stage.later())
    payment = offline.announce(OfflineWay.BANK, dollars(50), by=bea, now=stage.later())
    offline.confirm(payment.pk, dollars(48), "Statement 7", is_other_sum=True, by=mo, now=stage.later())
    assert lines() == [
        ("bonus", "promotion", "−$12.00"),
        ("bonus", "bea bonus", "$12.00"),
        ("bonus", "promotion", "−$3.00"),
        ("bonus", "bea bonus", "$3.00"),
        ("top_up", "provider", "−$48.00"),
        ("top_up", "bea main", "$48.00"),
    ]

    choice = stage.a_choice(stage.a_kwork(price=dollars(50)))
    order = checkout.place(choice.pk, by=bea, now=stage.later())
    assert balances(bea) == Balances(main=dollars(13), bonus=dollars(0), held=dollars(50))
    canceling.cancel(order.pk, "CAN-01", by=bea, now=stage.later())
    assert lines()[6:] == [
        ("hold", "bea main", "−$35.00"),
        ("hold", "bea bonus", "−$15.00"),
        ("hold", "escrow", "$50.00"),
        ("refund", "escrow", "−$50.00"),
        ("refund", "bea bonus", "$15.00"),
        ("refund", "bea main", "$35.00"),
    ]
    assert balances(bea) == Balances(main=dollars(48), bonus=dollars(15), held=dollars(0))
