"""Bea spends what she paid by card, then her bank takes it back: she owes it, earns, and is free again."""

from __future__ import annotations

import pytest

from core.money import ZERO, dollars
from core.refusals import NotAllowed
from finance import proof
from finance.rules import COLLECT_EVERY
from finance.steps import chargebacks, reconciling
from orders.models import Order
from orders.steps import checkout, ending, work
from tests.payments import Payments
from tests.stage import HOUR, Stage, give
from tests.stories.books import lines
from tests.withdrawing import ask, paid_in, ready_for_earnings


@pytest.mark.rule("FIN-03", "FIN-07", "WDR-03")
def test_owed_collected_and_free(stage: Stage, payments: Payments) -> None:
    bea, sam = stage.buyer, stage.seller
    top_up = paid_in(payments, bea, dollars(50), now=stage.now)
    choice = stage.a_choice(stage.a_kwork(price=dollars(50)))
    checkout.place(choice.pk, by=bea, now=stage.now)
    order = Order.objects.get()
    work.start(order.pk, by=sam, now=stage.later(HOUR))
    work.deliver(order.pk, text="Here it is.", by=sam, now=stage.later(HOUR))
    ending.accept(order.pk, by=bea, now=stage.later(HOUR))
    before = len(lines())

    claim = payments.dispute(top_up)
    taken = chargebacks.settle(claim, stage.later())
    assert taken is not None
    assert lines()[before:] == [("chargeback", "chargeback", "−$50.00"), ("chargeback", "provider", "$50.00")]
    payments.decide(claim, "lost")
    chargebacks.settle(claim, stage.later())

    ready_for_earnings(payments, bea, now=stage.now)
    give(bea, dollars(80), now=stage.now)
    with pytest.raises(NotAllowed, match="taken a payment of yours back"):
        ask(bea, dollars(20), now=stage.now)
    chargebacks.collect(taken.pk, stage.later(COLLECT_EVERY))
    assert lines()[before + 4 :] == [("collected", "bea main", "−$50.00"), ("collected", "chargeback", "$50.00")]
    taken.refresh_from_db()
    assert taken.owed == ZERO
    (withdrawal,) = ask(bea, dollars(20), now=stage.now)
    assert withdrawal.status == "requested"
    reconciling.reconcile(stage.now)
    assert proof.breaches() == []
