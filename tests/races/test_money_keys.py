"""The same movement asked for twice at the same moment, and two movements that cross (FIN-06)."""

from __future__ import annotations

from datetime import datetime
from threading import Barrier

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import User
from core.money import Money, dollars
from finance import ledger
from finance.ledger import Place
from finance.models import Account, Entry, Posting
from tests.races.together import PATIENCE_SECONDS, refusals, together
from tests.stage import give

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06")]

NUMBERED_UNDER_LOCK = "NEW.id := nextval('finance_posting_id_seq');"


def _booked_twice(user: User, now: datetime) -> list[str]:
    def book() -> Entry:
        lines = {ledger.PROVIDER: -dollars(5), ledger.main_of(user): dollars(5)}
        return ledger.post("the same", "top_up", lines, by=None, now=now)

    return refusals(together(book, book))


def test_one_key_books_once(bea: User, now: datetime) -> None:
    assert _booked_twice(bea, now) == ["AlreadyPosted"]
    assert ledger.balance(ledger.main_of(bea)) == dollars(5)


def test_without_the_unique_key_it_is_booked_twice(bea: User, now: datetime) -> None:
    """Negative control."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE finance_entry DROP CONSTRAINT key_used_once")
    assert _booked_twice(bea, now) == []
    assert ledger.balance(ledger.main_of(bea)) == dollars(10)


def test_an_account_opened_by_two_at_once_is_one_account(bea: User, now: datetime) -> None:
    outcomes = together(*(lambda: give(bea, dollars(1), now=now) for _ in range(4)))
    assert refusals(outcomes) == []
    assert Account.objects.filter(owner=bea).count() == 1
    assert ledger.balance(ledger.main_of(bea)) == dollars(4)


@pytest.fixture
def both(bea: User, sam: User, now: datetime) -> tuple[Place, Place]:
    """The main accounts of Bea and Sam, with $100 each."""
    give(bea, dollars(100), now=now)
    give(sam, dollars(100), now=now)
    return ledger.main_of(bea), ledger.main_of(sam)


def test_movements_that_cross_do_not_wait_for_each_other_in_a_circle(both: tuple[Place, Place], now: datetime) -> None:
    here, there = both

    def swap(name: str, source: Place, target: Place) -> None:
        for number in range(15):
            ledger.post(f"{name}:{number}", "bonus", {source: -Money(1), target: Money(1)}, by=None, now=now)

    outcomes = together(
        lambda: swap("a", here, there),
        lambda: swap("b", there, here),
        lambda: swap("c", here, there),
        lambda: swap("d", there, here),
    )
    assert refusals(outcomes) == []
    assert (ledger.balance(here), ledger.balance(there)) == (dollars(100), dollars(100))


def test_without_the_order_of_locks_they_do(both: tuple[Place, Place], now: datetime) -> None:
    """Negative control: each takes its own account first and then wants the other's."""
    both_have_one = Barrier(2)

    def swap(name: str, first: Place, second: Place) -> None:
        with transaction.atomic():
            entry = Entry.objects.create(key=name, verb="bonus", at=now)
            Posting.objects.create(entry=entry, account=Account.objects.get(key=first.key), amount=Money(-1))
            both_have_one.wait(PATIENCE_SECONDS)
            Posting.objects.create(entry=entry, account=Account.objects.get(key=second.key), amount=Money(1))

    here, there = both
    outcomes = together(lambda: swap("a", here, there), lambda: swap("b", there, here))
    assert refusals(outcomes) == [OperationalError.__name__]
    assert any("deadlock detected" in str(outcome) for outcome in outcomes)


def _first_to_ask_is_last_to_be_served(place: Place, now: datetime) -> list[str]:
    """One transaction holds the account; another asks to post to it and waits; then the first one posts."""
    holding, waiting = Barrier(2), Barrier(2)

    def hold_then_post() -> None:
        with transaction.atomic():
            ledger.locked_balances([place])
            holding.wait(PATIENCE_SECONDS)
            waiting.wait(PATIENCE_SECONDS)
            _until_somebody_waits_for_a_lock()
            ledger.post("holder", "bonus", {ledger.PROMOTION: -dollars(1), place: dollars(1)}, by=None, now=now)

    def ask() -> None:
        holding.wait(PATIENCE_SECONDS)
        waiting.wait(PATIENCE_SECONDS)
        ledger.post("asker", "bonus", {ledger.PROMOTION: -dollars(2), place: dollars(2)}, by=None, now=now)

    return refusals(together(hold_then_post, ask))


def _until_somebody_waits_for_a_lock() -> None:
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01), pg_stat_clear_snapshot()")
    raise AssertionError("nobody waits for a lock")


def test_postings_are_numbered_in_the_order_in_which_the_balance_moved(
    both: tuple[Place, Place], now: datetime
) -> None:
    assert _first_to_ask_is_last_to_be_served(both[0], now) == []
    statement = Posting.objects.filter(account__key=both[0].key).order_by("id").values_list("balance_after", flat=True)
    assert list(statement) == [dollars(100), dollars(101), dollars(103)]


def test_numbered_when_asked_for_a_statement_would_jump(
    both: tuple[Place, Place], now: datetime, ledger_may_break: None
) -> None:
    """Negative control: with the number given before the lock, the chain of balances would break and is refused."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('finance_posting_moves_its_account'::regproc)")
        definition = cursor.fetchone()[0]
        assert NUMBERED_UNDER_LOCK in definition
        cursor.execute(definition.replace(NUMBERED_UNDER_LOCK, ""))
    assert _first_to_ask_is_last_to_be_served(both[0], now) == ["IntegrityError"]
