"""Bea pays with bonus and main money, adds more inside the order, and support splits all of it: every cent is told."""

from __future__ import annotations

import pytest

from accounts.models import User
from arbitration.steps import cases
from core.money import dollars
from finance.queries import Balances, balances
from orders.models import Order, Outcome, Status
from orders.moves import Actor
from orders.steps import checkout, offers, work
from tests.stage import Stage, give, give_bonus
from tests.stories.books import lines


@pytest.mark.rule("ARB-04")
@pytest.mark.rule("ORD-14")
@pytest.mark.rule("FIN-01")
def test_an_order_that_grew_is_split(stage: Stage, ada: User) -> None:
    bea, sam = stage.buyer, stage.seller
    give(bea, dollars(88), now=stage.now)
    give_bonus(bea, dollars(12), now=stage.now)
    kwork = stage.a_kwork(price=dollars(50), extras=2)
    choice = stage.a_choice(kwork)

    placed = checkout.place(choice.pk, by=bea, now=stage.later())
    work.start(placed.pk, by=sam, now=stage.later())
    extra = kwork.extras.all()[0]
    made = offers.offer(placed.pk, extra, quantity=3, text="It has grown.", by=sam, now=stage.later())
    offers.accept(made.pk, by=bea, now=stage.later())
    order = Order.objects.get(pk=placed.pk)
    assert (order.total, order.seller_share) == (dollars(80), dollars(64))
    assert order.lead_hours == (4 + 3) * 24
    assert lines()[4:] == [
        ("hold", "bea main", "−$38.00"),
        ("hold", "bea bonus", "−$12.00"),
        ("hold", "escrow", "$50.00"),
        ("hold", "bea main", "−$30.00"),
        ("hold", "escrow", "$30.00"),
    ]
    assert balances(bea) == Balances(main=dollars(20), bonus=dollars(0), held=dollars(80))

    case = cases.open_case(order.pk, text="Only half of it is there.", by=bea, now=stage.later())
    decision = cases.Decision(dollars(40), Actor.BUYER, beyond_order=False, reason="Half of it is there.")
    cases.decide(case.pk, decision, by=ada, now=stage.later())
    # 15 % of the escrow came from bonus, so 15 % of what returns goes there; commission only on what Sam gets.
    assert sorted(lines()[9:]) == sorted(
        [
            ("split", "escrow", "−$80.00"),
            ("split", "bea bonus", "$6.00"),
            ("split", "bea main", "$34.00"),
            ("split", "sam main", "$32.00"),
            ("split", "commission", "$8.00"),
        ]
    )
    assert balances(bea) == Balances(main=dollars(54), bonus=dollars(6), held=dollars(0))
    assert balances(sam) == Balances(main=dollars(32), bonus=dollars(0), held=dollars(0))
    order.refresh_from_db()
    outcome = Outcome.objects.get(order=order)
    assert (order.status, outcome.refunded, outcome.paid) == (Status.SPLIT, dollars(40), dollars(32))
