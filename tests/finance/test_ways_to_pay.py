"""Adding money with PayPal and Alipay, from the payment page to the balance (PAY-01)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance import ledger
from finance.models import TopUp, TopUpStatus
from finance.steps import top_ups
from tests.payments import COMPLETED, Payments

pytestmark = pytest.mark.rule("PAY-01")
SUCCEEDED, FAILED = "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"


@pytest.fixture
def top_up(bea: User, payments: Payments, settings: Settings, now: datetime) -> TopUp:
    settings.STRIPE_METHODS = ["card", "paypal", "alipay"]
    return top_ups.begin(bea, dollars(25), by=bea, now=now)


def _main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def _hear(top_up: TopUp, payments: Payments, kind: str) -> TopUp:
    assert payments.deliver(Client(), payments.told(kind)).status_code == 200
    top_up.refresh_from_db()
    return top_up


def test_paypal_pays_and_its_name_is_kept(top_up: TopUp, payments: Payments, client: Client) -> None:
    page = payments.sandbox.pay_by(top_up.payment_url, "paypal", account="buyer@example.com")
    client.force_login(top_up.user)
    assert client.get(payments.way_back(page)).status_code == 302
    top_up.refresh_from_db()
    assert (top_up.status, top_up.method, top_up.last4) == (TopUpStatus.PAID, "paypal", "")
    assert str(top_up.source) == "PayPal"
    assert _main(top_up.user) == dollars(25)


def test_money_that_takes_its_time_is_credited_when_it_has_come(top_up: TopUp, payments: Payments) -> None:
    payments.sandbox.pay_by(top_up.payment_url, "alipay", choice="later")
    assert _hear(top_up, payments, COMPLETED).status == TopUpStatus.PROCESSING
    assert _main(top_up.user) == ZERO
    payments.sandbox.later()
    for _ in range(2):
        assert _hear(top_up, payments, SUCCEEDED).status == TopUpStatus.PAID
    assert (top_up.method, _main(top_up.user)) == ("alipay", dollars(25))


def test_money_that_never_comes_is_not(top_up: TopUp, payments: Payments) -> None:
    payments.sandbox.pay_by(top_up.payment_url, "alipay", choice="later_fail")
    assert _hear(top_up, payments, COMPLETED).status == TopUpStatus.PROCESSING
    payments.sandbox.later()
    assert _hear(top_up, payments, FAILED).status == TopUpStatus.ABANDONED
    assert _main(top_up.user) == ZERO


def test_money_that_never_comes_is_noticed_also_when_its_webhook_got_lost(
    top_up: TopUp, payments: Payments, now: datetime
) -> None:
    payments.sandbox.pay_by(top_up.payment_url, "alipay", choice="later_fail")
    assert top_up.session_id
    for standing in (TopUpStatus.PROCESSING, TopUpStatus.ABANDONED):
        settled = top_ups.settle(top_up.session_id, now)
        assert settled
        assert settled.status == standing
        payments.sandbox.later()


def test_a_way_that_is_not_switched_on_is_not_offered(
    bea: User, payments: Payments, settings: Settings, now: datetime
) -> None:
    settings.STRIPE_METHODS = ["card"]
    top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
    assert payments.sandbox.pay_by(top_up.payment_url, "paypal", account="buyer@example.com").status == 402
    payments.pay(top_up)
    assert _hear(top_up, payments, COMPLETED).method == "card"
