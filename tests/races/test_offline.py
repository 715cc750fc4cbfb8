"""One announced payment confirmed by two at the same moment: it is credited once (PAY-01)."""

from __future__ import annotations

from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from core.money import Money, dollars
from finance import ledger
from finance.models import OfflinePayment, OfflineWay
from finance.rules import OFFLINE_OPEN_MOST
from finance.steps import offline
from tests.races.together import PATIENCE_SECONDS, refusals, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("PAY-01")]


@pytest.fixture
def payment(bea: User, now: datetime) -> OfflinePayment:
    return offline.announce(OfflineWay.BANK, dollars(100), by=bea, now=now)


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The payment is read without holding it, and both have read before anybody credits."""
    both_have_read, post = Barrier(2), ledger.post

    def wait_then_post(*args: Any, **named: Any) -> Any:
        both_have_read.wait(PATIENCE_SECONDS)
        return post(*args, **named)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
    monkeypatch.setattr(ledger, "post", wait_then_post)


def _confirm_twice(payment: OfflinePayment, by: User, now: datetime) -> list[str]:
    deed = lambda: offline.confirm(payment.pk, dollars(100), "Statement 7", by=by, now=now)
    return refusals(together(deed, deed))


def _main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def test_two_confirm_and_one_credits(payment: OfflinePayment, bea: User, mo: User, now: datetime) -> None:
    assert _confirm_twice(payment, mo, now) == ["OutOfTurn"]
    assert _main(bea) == dollars(100)


def test_without_the_lock_the_second_runs_into_the_key(
    payment: OfflinePayment, bea: User, mo: User, now: datetime, no_lock: None
) -> None:
    """Negative control: the ledger's key refuses one."""
    assert _confirm_twice(payment, mo, now) == ["AlreadyPosted"]
    assert _main(bea) == dollars(100)


def test_without_lock_and_key_the_money_comes_twice(
    payment: OfflinePayment, bea: User, mo: User, now: datetime, no_lock: None, ledger_may_break: None
) -> None:
    """Negative control: what the lock and the key keep from happening."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE finance_entry DROP CONSTRAINT key_used_once")
    assert _confirm_twice(payment, mo, now) == []
    assert _main(bea) == dollars(200)


def test_canceled_and_confirmed_at_once_is_credited(
    payment: OfflinePayment, bea: User, mo: User, now: datetime
) -> None:
    outcomes = together(
        lambda: offline.cancel(payment.pk, by=bea, now=now),
        lambda: offline.confirm(payment.pk, dollars(100), "Statement 7", by=mo, now=now),
    )
    assert refusals(outcomes) in ([], ["OutOfTurn"])
    assert _main(bea) == dollars(100)
    payment.refresh_from_db()
    assert payment.status == "received"


def test_the_last_that_is_allowed_is_announced_once(bea: User, now: datetime) -> None:
    def deed() -> OfflinePayment:
        return offline.announce(OfflineWay.BANK, dollars(50), by=bea, now=now)

    for _ in range(OFFLINE_OPEN_MOST - 1):
        deed()
    assert refusals(together(deed, deed)) == ["OutOfTurn"]


def test_a_double_click_announces_once(bea: User, now: datetime) -> None:
    def deed() -> OfflinePayment:
        return offline.announce(OfflineWay.BANK, dollars(50), by=bea, now=now, newest=0)

    assert refusals(together(deed, deed)) == ["Announced"]
    assert OfflinePayment.objects.count() == 1
