"""The webhook and the return page telling of one payment at the same moment (FIN-02)."""

from __future__ import annotations

from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client

from accounts.models import User
from core.models import Event
from core.money import Money, dollars
from finance import ledger
from finance.models import ProviderEvent, TopUp, TopUpStatus
from finance.provider import PaymentSession
from finance.steps import top_ups
from tests.payments import Payments
from tests.races.together import PATIENCE_SECONDS, refusals, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-02")]


@pytest.fixture
def top_up(bea: User, now: datetime) -> TopUp:
    return TopUp.objects.create(user=bea, amount=dollars(25), session_id="cs_1", at=now, check_due_at=now)


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The top-up is read without holding it, and everybody has read before anybody credits."""
    all_have_read, credit = Barrier(2), top_ups._credit

    def wait_then_credit(*args: Any) -> None:
        all_have_read.wait(PATIENCE_SECONDS)
        credit(*args)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
    monkeypatch.setattr(top_ups, "_credit", wait_then_credit)


def _both_learn(now: datetime) -> list[str]:
    paid = PaymentSession("cs_1", "", "complete", True, dollars(25), "usd", "pi_1")
    return refusals(together(*(lambda: top_ups.learn("cs_1", paid, now) for _ in range(2))))


def _main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def test_both_settle_and_one_credits(top_up: TopUp, now: datetime) -> None:
    assert _both_learn(now) == []
    assert _main(top_up.user) == dollars(25)
    assert Event.objects.filter(kind="top_up.paid").count() == 1


def test_without_the_lock_the_second_runs_into_the_key(top_up: TopUp, now: datetime, no_lock: None) -> None:
    """Negative control: both want to credit; the ledger's key refuses one."""
    assert _both_learn(now) == ["AlreadyPosted"]
    assert _main(top_up.user) == dollars(25)


def test_without_lock_and_key_the_money_comes_twice(
    top_up: TopUp, now: datetime, no_lock: None, ledger_may_break: None
) -> None:
    """Negative control: what the lock and the key keep from happening."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE finance_entry DROP CONSTRAINT key_used_once")
        cursor.execute("ALTER TABLE finance_lot DROP CONSTRAINT lot_between_nothing_and_all")
    assert _both_learn(now) == []
    assert _main(top_up.user) == dollars(50)


def test_webhooks_and_return_pages_through_the_front_door(bea: User, payments: Payments, now: datetime) -> None:
    top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
    back = payments.way_back(payments.pay(top_up))
    webhook = payments.told()
    browser = Client()
    browser.force_login(bea)

    def post() -> int:
        return payments.deliver(Client(), webhook).status_code

    def look() -> int:
        return browser.get(back).status_code

    assert sorted(map(str, together(post, look, post, look))) == ["200", "200", "302", "302"]
    assert _main(bea) == dollars(25)
    assert ProviderEvent.objects.count() == 1
    top_up.refresh_from_db()
    assert top_up.status == TopUpStatus.PAID
