"""An order paid from a bonus, two cards and earnings is split by a decision: each gets back its part, to the cent."""

from __future__ import annotations

import pytest

from core.money import Money, dollars
from finance import escrow
from finance.models import Lot
from tests.payments import Payments
from tests.stage import HOUR, Stage, give, give_bonus
from tests.stories.books import lines
from tests.withdrawing import MASTERCARD, paid_in


@pytest.mark.rule("FIN-01", "CAN-16", "WDR-02", "ARB-04")
def test_each_source_gets_its_part_back(stage: Stage, payments: Payments) -> None:
    bea, sam, now = stage.buyer, stage.seller, stage.now
    first = paid_in(payments, bea, dollars(20), now=now)
    second = paid_in(payments, bea, dollars(30), now=now + HOUR, card=MASTERCARD)
    give(bea, dollars(10), now=now)
    give_bonus(bea, Money(1333), now=now)
    before = len(lines())

    escrow.hold("order:1", bea, Money(7000), reference="1", by=bea, now=now)
    assert lines()[before:] == [
        ("hold", "bea main", "−$56.67"),
        ("hold", "bea bonus", "−$13.33"),
        ("hold", "escrow", "$70.00"),
    ]
    assert [lot.left for lot in Lot.objects.order_by("id")] == [Money(0), Money(0)]

    escrow.split("order:1", bea, sam, refunded=Money(3500), seller_share=dollars(28), reference="1", by=None, now=now)
    assert lines()[before + 3 :] == [
        ("split", "escrow", "−$70.00"),
        ("split", "bea bonus", "$6.66"),
        ("split", "commission", "$7.00"),
        ("split", "sam main", "$28.00"),
        ("split", "bea main", "$28.34"),
    ]
    # Of the $56.67 the first card gave 20, the second 30 and earnings 6.67; so is the $28.34 shared.
    assert {lot.top_up: lot.left for lot in Lot.objects.all()} == {first: Money(1000), second: Money(1500)}
