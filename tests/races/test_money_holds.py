"""Two orders at the same moment, for which the balance covers only one (FIN-06, ORD-02)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Barrier

import pytest
from django.db import connection, transaction

from accounts.models import User
from core.money import Money, dollars
from finance import escrow, ledger
from finance.ledger import Place
from finance.models import Account, Entry
from tests.races.together import PATIENCE_SECONDS, refusals, together
from tests.stage import give

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06"), pytest.mark.rule("ORD-02")]


@pytest.fixture
def rich(bea: User, now: datetime) -> User:
    """Bea has $50."""
    give(bea, dollars(50), now=now)
    return bea


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Balances are read without holding them, and everybody has read before anybody writes."""
    all_have_read = Barrier(2)

    def read(places: Sequence[Place]) -> dict[Place, Money]:
        balances = {place: ledger.balance(place) for place in places}
        all_have_read.wait(PATIENCE_SECONDS)
        return balances

    monkeypatch.setattr(ledger, "locked_balances", read)


def _both_hold(user: User, now: datetime) -> list[str]:
    def hold(key: str) -> Entry:
        with transaction.atomic():
            return escrow.hold(key, user, dollars(40), reference=key, by=user, now=now)

    return refusals(together(lambda: hold("order:1"), lambda: hold("order:2")))


def _left(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def test_one_is_held_and_the_other_is_told_what_is_missing(rich: User, now: datetime) -> None:
    assert _both_hold(rich, now) == ["ShortBalance"]
    assert _left(rich) == dollars(10)


def test_without_the_lock_both_believe_it_and_the_database_refuses_one(
    rich: User, now: datetime, no_lock: None
) -> None:
    """Negative control: the check alone does not see the other; the guard behind it does."""
    assert _both_hold(rich, now) == ["Overdrawn"]
    assert _left(rich) == dollars(10)


def test_without_lock_and_guard_the_balance_falls_below_zero(
    rich: User, now: datetime, no_lock: None, ledger_may_break: None
) -> None:
    """Negative control: what the lock and the guard keep from happening."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE finance_account DROP CONSTRAINT kept_account_never_below_zero")
        cursor.execute("ALTER TABLE finance_posting DISABLE TRIGGER lots_within_balance")
    assert _both_hold(rich, now) == []
    assert _left(rich) == -dollars(30)


def test_many_at_once_never_spend_more_than_there_is(rich: User, now: datetime) -> None:
    def hold(number: int) -> Entry:
        with transaction.atomic():
            return escrow.hold(f"order:{number}", rich, dollars(15), reference="", by=rich, now=now)

    outcomes = together(*(lambda number=number: hold(number) for number in range(8)))
    assert refusals(outcomes) == ["ShortBalance"] * 5
    assert _left(rich) == dollars(5)
    held = Account.objects.filter(kind="escrow", owner=rich)
    assert Money.total(account.balance for account in held) == dollars(45)
