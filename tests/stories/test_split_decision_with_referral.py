"""Bea paid with bonus and main money; support splits the order, and who brought Bea is paid for what stays paid from main."""

from __future__ import annotations

import pytest

from accounts.models import User
from arbitration.steps import cases
from core.money import Money, dollars
from finance.queries import balances
from orders.moves import Actor
from orders.steps import checkout, work
from tests.referrals.bringing import brought
from tests.stage import Stage, give, give_bonus
from tests.stories.books import lines


@pytest.mark.rule("REF-02")
@pytest.mark.rule("ARB-04")
def test_a_split_pays_referrers_for_the_part_that_is_not_refunded(stage: Stage, ada: User, sten: User) -> None:
    bea, sam = stage.buyer, stage.seller
    brought(bea, by=sten, now=stage.now)
    give(bea, dollars(40), now=stage.now)
    give_bonus(bea, dollars(10), now=stage.now)
    choice = stage.a_choice(stage.a_kwork(price=dollars(50)))
    order = checkout.place(choice.pk, by=bea, now=stage.later())
    work.start(order.pk, by=sam, now=stage.later())
    before = len(lines())

    case = cases.open_case(order.pk, text="Half of it is there.", by=bea, now=stage.later())
    decision = cases.Decision(dollars(20), Actor.BUYER, beyond_order=False, reason="Two fifths are missing.")
    cases.decide(case.pk, decision, by=ada, now=stage.later())
    # A fifth came from bonus, so of the $20 that return $4 go there and $16 to main: $24 of $40 stay paid from main.
    assert sorted(lines()[before:]) == sorted(
        [
            ("split", "escrow", "−$50.00"),
            ("split", "bea bonus", "$4.00"),
            ("split", "bea main", "$16.00"),
            ("split", "sam main", "$24.00"),
            ("split", "commission", "$6.00"),
            ("referral", "commission", "−$0.84"),
            ("referral", "sten main", "$0.84"),
        ]
    )
    assert balances(sten).main == Money(84)
