"""Bea orders with bonus and main money, sees within 20 minutes that it was a mistake, and gets each part back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from arbitration.steps import canceling
from core.money import dollars
from finance.queries import Balances, balances
from orders.steps import checkout
from tests.stage import Stage, give, give_bonus
from tests.stories.books import lines


@pytest.mark.rule("CAN-01")
@pytest.mark.rule("CAN-16")
@pytest.mark.rule("FIN-01")
def test_each_part_returns_to_where_it_came_from(stage: Stage) -> None:
    bea = stage.buyer
    give(bea, dollars(45), now=stage.now)
    give_bonus(bea, dollars(12), now=stage.now)
    choice = stage.a_choice(stage.a_kwork(price=dollars(50)))

    order = checkout.place(choice.pk, by=bea, now=stage.later())
    assert lines()[4:] == [
        ("hold", "bea main", "−$38.00"),
        ("hold", "bea bonus", "−$12.00"),
        ("hold", "escrow", "$50.00"),
    ]
    assert balances(bea) == Balances(main=dollars(7), bonus=dollars(0), held=dollars(50))

    canceling.cancel(order.pk, "CAN-01", by=bea, now=stage.later(timedelta(minutes=19)))
    assert lines()[7:] == [
        ("refund", "escrow", "−$50.00"),
        ("refund", "bea bonus", "$12.00"),
        ("refund", "bea main", "$38.00"),
    ]
    assert balances(bea) == Balances(main=dollars(45), bonus=dollars(12), held=dollars(0))
    assert balances(stage.seller) == Balances(main=dollars(0), bonus=dollars(0), held=dollars(0))
