"""Sam pays less than he asked for, gets a part of it back by hand, and a withdrawal of his is lost: as in docs/ledger.md."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from core import handing
from core.money import dollars
from finance import ledger, proof
from finance.models import ProviderMovement
from finance.queries import withdrawable
from finance.rules import BOUND_FOR, RECONCILED_WITHIN, SETTLE_AFTER, payment_date
from finance.steps import owning, reconciling, settling, top_ups
from notifications.models import Notice
from tests.payments import Payments
from tests.stage import Stage
from tests.stories.books import lines
from tests.withdrawing import ask, send


@pytest.mark.rule("FIN-03", "FIN-07", "WDR-03")
def test_every_end_is_in_the_books(stage: Stage, payments: Payments, client: Client, mo: User) -> None:
    sam, now = stage.seller, stage.now
    ben = User.objects.create_superuser("ben", "ben@example.org")
    begun = len(lines())

    top_up = top_ups.begin(sam, dollars(50), by=sam, now=now)
    payments.price(top_up, 4900)
    payments.pay(top_up)
    assert payments.deliver(client, payments.told()).status_code == 200
    assert lines()[begun:] == []
    top_ups.credit(top_up.pk, "The page had an old price.", by=mo, now=now)
    top_up.refresh_from_db()
    assert lines()[begun:] == [("top_up", "provider", "−$49.00"), ("top_up", "sam main", "$49.00")]

    before = len(lines())
    payments.refund(top_up, 900)
    assert payments.deliver(client, payments.told("charge.refunded")).status_code == 200
    assert lines()[before:] == [("taken_back", "sam main", "−$9.00"), ("taken_back", "provider", "$9.00")]

    later = now + BOUND_FOR
    payments.sandbox.control("faults", {"refund_failure": "lost_or_stolen_card"})
    (withdrawal,) = ask(sam, dollars(40), withdrawable.route_of(top_up), now=later)
    send(payments, withdrawal, mo, ben, now=payment_date(later))
    before, lost = len(lines()), payment_date(later) + SETTLE_AFTER
    for by in (mo, ben):
        settling.came_back(withdrawal.pk, "His bank has closed the account.", by=by, now=lost)
    assert lines()[before:] == [
        ("withdrawal_back", "commission", "−$40.00"),
        ("withdrawal_back", "sam main", "$40.00"),
    ]

    before = len(lines())
    payments.sandbox.later()
    reconciling.reconcile(lost)
    payments.move("topup", 20_000)
    given = payments.move("transfer", -1_000, "tr_by_hand")
    reconciling.reconcile(lost)
    assert lines()[before:] == [
        ("moved", "provider", "−$38.20"),
        ("moved", "commission", "$38.20"),
        ("moved", "provider", "−$200.00"),
        ("moved", "provider", "$200.00"),
    ]
    an_hour_later = ProviderMovement.objects.get(pk=given).at + RECONCILED_WITHIN
    for by in (mo, ben):
        owning.book_as_own(given, "A gift to a partner.", by=by, now=an_hour_later)
    assert lines()[-2:] == [("moved", "provider", "−$10.00"), ("moved", "provider", "$10.00")]

    assert ledger.balance(ledger.main_of(sam)) == dollars(40)
    handing.hand_on_waiting(now=stage.later())
    told = Notice.objects.filter(user=sam).order_by("id").values_list("kind", flat=True)
    assert list(told) == [
        *("top_up.questioned", "top_up.paid", "chargeback.sent_back"),
        *("withdrawal.requested", "withdrawal.sent", "withdrawal.failed"),
    ]
    assert proof.breaches() == []
