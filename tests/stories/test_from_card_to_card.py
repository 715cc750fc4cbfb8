"""Bea pays by card and orders; Sam delivers, is paid, and withdraws what he earned to his own card."""

from __future__ import annotations

import pytest

from accounts.models import User
from core.money import dollars
from finance import proof
from finance.rules import payment_date
from finance.steps import paying_out, reconciling, top_ups
from orders.models import Order
from orders.steps import checkout, ending, funding, work
from tests.payments import Payments
from tests.stage import HOUR, Stage
from tests.stories.books import lines
from tests.withdrawing import ask, ready_for_earnings, send


@pytest.mark.rule("WDR-01", "WDR-03", "WDR-04", "FIN-02", "FIN-07", "PAY-02", "PAY-03")
def test_from_one_card_to_the_other(stage: Stage, payments: Payments, mo: User) -> None:
    bea, sam = stage.buyer, stage.seller
    ben = User.objects.create_superuser("ben", "ben@example.org")
    choice = stage.a_choice(stage.a_kwork(price=dollars(50)))
    top_up = funding.fund(choice.pk, by=bea, now=stage.now)
    payments.pay(top_up)
    paying_in = top_up.session_id
    assert paying_in
    top_ups.settle(paying_in, stage.later())
    checkout.place(choice.pk, by=bea, now=stage.later())
    order = Order.objects.get()
    work.start(order.pk, by=sam, now=stage.later(HOUR))
    work.deliver(order.pk, text="Here it is.", by=sam, now=stage.later(HOUR))
    ending.accept(order.pk, by=bea, now=stage.later(HOUR))
    before = len(lines())

    ready_for_earnings(payments, sam, now=stage.now)
    (withdrawal,) = ask(sam, dollars(40), now=stage.later())
    assert lines()[before:] == [("withdrawal", "sam main", "−$40.00"), ("withdrawal", "payout", "$40.00")]

    send(payments, withdrawal, mo, ben, now=payment_date(stage.now))
    assert lines()[before + 2 :] == [
        ("payout", "payout", "−$40.00"),
        ("payout", "commission", "$1.80"),
        ("payout", "provider", "$38.20"),
    ]

    payments.later()
    assert paying_out.carry_on(withdrawal.pk, payment_date(stage.now) + HOUR).status == "paid"
    reconciling.reconcile(stage.now)
    assert proof.prove().holds
    balance = payments.sandbox.client().v1.balance.retrieve()
    assert balance.available[0].amount == 5000 - 3820
