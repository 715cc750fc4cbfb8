"""The books held against the provider's own list of movements (FIN-07)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance import ledger, proof
from finance.models import ProviderMovement, TopUp
from finance.provider import claims
from finance.rules import BOUND_FOR, payment_date
from finance.steps import chargebacks, reconciling
from tests.payments import Payments
from tests.withdrawing import ask, paid_in, send

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-07")]


@pytest.fixture
def top_up(bea: User, payments: Payments, now: datetime) -> TopUp:
    return paid_in(payments, bea, dollars(50), now=now)


def _broken() -> dict[str, int]:
    return {check.law.name: check.broken for check in proof.prove().broken}


def _an_hour_ago() -> None:
    """As if everything at the provider had happened two hours before."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE finance_providermovement SET at = at - interval '2 hours'")


def test_every_movement_finds_its_entry_however_often_it_is_asked_for(
    top_up: TopUp, payments: Payments, now: datetime
) -> None:
    assert reconciling.reconcile(now) == 1
    assert reconciling.reconcile(now) == 0
    movement = ProviderMovement.objects.get()
    assert movement.entry
    assert (movement.entry.key, movement.amount) == (f"top_up:{top_up.pk}:credit", dollars(50))
    _an_hour_ago()
    assert _broken() == {}


def test_the_providers_fees_are_booked_once(bea: User, payments: Payments, now: datetime) -> None:
    payments.sandbox.control("fees", {"fee_basis_points": 290})
    paid_in(payments, bea, dollars(100), now=now)
    for _again in range(2):
        reconciling.reconcile(now)
    assert ledger.balance(ledger.PROCESSING) == -Money(290)
    assert -ledger.balance(ledger.PROVIDER) == claims.held() == Money(9710)


def test_a_payment_that_was_never_credited_breaks_a_law_after_an_hour(
    bea: User, payments: Payments, now: datetime
) -> None:
    paid_in(payments, bea, dollars(10), now=now)
    TopUp.objects.update(charge_id="ch_another")
    reconciling.reconcile(now)
    assert _broken() == {}
    _an_hour_ago()
    assert _broken() == {"movements": 1}


def test_another_sum_at_the_provider_breaks_a_law(top_up: TopUp, now: datetime) -> None:
    reconciling.reconcile(now)
    ProviderMovement.objects.update(amount=dollars(49))
    assert _broken() == {"movements": 1}


def test_money_that_was_booked_and_is_not_on_the_list_breaks_a_law(top_up: TopUp, now: datetime) -> None:
    reconciling.reconcile(now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE finance_providermovement SET at = at - interval '400 days'")
    ledger.post(
        "made:up", "top_up", {ledger.PROVIDER: -dollars(5), ledger.main_of(top_up.user): dollars(5)}, by=None, now=now
    )
    assert _broken() == {"provider": 1}


def test_what_goes_out_and_what_a_bank_takes_is_on_both_sides(
    top_up: TopUp, bea: User, mo: User, payments: Payments, now: datetime
) -> None:
    later = now + BOUND_FOR
    ben = User.objects.create_superuser("ben", "ben@example.org")
    (withdrawal,) = ask(bea, dollars(20), f"card-{top_up.fingerprint}", now=later)
    send(payments, withdrawal, mo, ben, now=payment_date(later))
    other = paid_in(payments, bea, dollars(30), now=later)
    claim = payments.dispute(other)
    chargebacks.settle(claim, later)
    payments.decide(claim, "won")
    chargebacks.settle(claim, later)
    reconciling.reconcile(later)
    assert sorted(ProviderMovement.objects.values_list("kind", flat=True)) == [
        "adjustment",
        "adjustment",
        "charge",
        "charge",
        "refund",
    ]
    _an_hour_ago()
    assert _broken() == {}
    assert claims.held() == -ledger.balance(ledger.PROVIDER) == dollars(80) - withdrawal.net


def test_an_empty_list_is_no_breach(bea: User, payments: Payments, now: datetime) -> None:
    assert reconciling.reconcile(now) == 0
    assert ledger.balance(ledger.PROVIDER) == ZERO
    assert _broken() == {}
