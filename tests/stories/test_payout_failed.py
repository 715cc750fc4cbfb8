"""Sam's bank does not take the payout: the transfer comes back, and all of the sum is his again, the fee too."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from core import handing
from core.money import dollars
from finance import ledger, proof
from finance.rules import payment_date
from finance.steps import reconciling
from notifications.models import Notice
from tests.payments import Payments
from tests.stage import Stage, give
from tests.stories.books import lines
from tests.withdrawing import FAILING_DEBIT, ask, paid_in, ready_for_earnings, send


@pytest.mark.rule("WDR-03", "FIN-07")
def test_what_could_not_be_paid_comes_back(stage: Stage, payments: Payments, client: Client, mo: User) -> None:
    sam = stage.seller
    ben = User.objects.create_superuser("ben", "ben@example.org")
    paid_in(payments, stage.buyer, dollars(100), now=stage.now)
    give(sam, dollars(40), now=stage.now)
    ready_for_earnings(payments, sam, now=stage.now, card=FAILING_DEBIT)
    (withdrawal,) = ask(sam, dollars(40), now=stage.now)
    send(payments, withdrawal, mo, ben, now=payment_date(stage.now))
    before = len(lines())

    payments.later()
    assert payments.deliver(client, payments.told("payout.failed")).status_code == 200
    assert lines()[before:] == [
        ("withdrawal_back", "provider", "−$38.20"),
        ("withdrawal_back", "commission", "−$1.80"),
        ("withdrawal_back", "sam main", "$40.00"),
    ]
    assert payments.deliver(client, payments.told("payout.failed")).status_code == 200
    assert ledger.balance(ledger.main_of(sam)) == dollars(40)

    handing.hand_on_waiting(now=stage.later())
    assert Notice.objects.filter(user=sam, kind="withdrawal.failed").count() == 1
    assert payments.sandbox.client().v1.balance.retrieve().available[0].amount == 10_000
    reconciling.reconcile(stage.now)
    assert proof.breaches() == []
