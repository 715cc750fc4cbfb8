"""One announced payment confirmed or taken back by two at the same moment: it is booked once (PAY-01)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance import ledger
from finance.models import Chargeback, OfflineEvidence, OfflinePayment, OfflineWay, Withdrawal, evidence_key
from finance.proof import breaches
from finance.rules import COLLECT_EVERY, OFFLINE_OPEN_MOST
from finance.steps import chargebacks, offline, withdrawals
from tests.finance.announced import came
from tests.finance.cards import an_earner
from tests.races.together import PATIENCE_SECONDS, refusals, together
from tests.withdrawing import ask

LARGE = dollars(5_000)
ROUNDS = 3
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
    deed = lambda words: offline.confirm(payment.pk, dollars(100), words, by=by, now=now)
    return refusals(together(partial(deed, "Statement 7"), partial(deed, "Line 3 of it")))


def _second_twice(payment: OfflinePayment, staff: list[User], now: datetime) -> list[str]:
    """A large one that one person has confirmed: two others do so at the same moment."""
    seconds = (partial(offline.confirm, payment.pk, LARGE, f"Seen by {by.login}", by=by, now=now) for by in staff)
    return refusals(together(*seconds))


@pytest.fixture
def large(bea: User, mo: User, now: datetime) -> OfflinePayment:
    """A large one that Mo has confirmed."""
    return came(bea, LARGE, mo, now=now)


@pytest.fixture
def staff(db: None) -> list[User]:
    """Two more who confirm payments."""
    return [User.objects.create_superuser(login, f"{login}@example.org") for login in ("ben", "cleo")]


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


def test_two_second_persons_and_one_books(large: OfflinePayment, bea: User, staff: list[User], now: datetime) -> None:
    assert _second_twice(large, staff, now) == ["OutOfTurn"]
    assert _main(bea) == LARGE


def test_without_the_lock_the_later_second_person_runs_into_the_key(
    large: OfflinePayment, bea: User, staff: list[User], now: datetime, no_lock: None
) -> None:
    """Negative control: the ledger's key refuses one."""
    assert _second_twice(large, staff, now) == ["AlreadyPosted"]
    assert _main(bea) == LARGE


def test_without_lock_and_key_both_second_persons_book(
    large: OfflinePayment, bea: User, staff: list[User], now: datetime, no_lock: None, ledger_may_break: None
) -> None:
    """Negative control: what the lock and the key keep from happening."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE finance_entry DROP CONSTRAINT key_used_once")
    assert _second_twice(large, staff, now) == []
    assert _main(bea) == LARGE + LARGE


def test_the_first_two_at_once_are_the_two_that_it_needs(bea: User, staff: list[User], now: datetime) -> None:
    payment = came(bea, LARGE, now=now)
    assert _second_twice(payment, staff, now) == []
    payment.refresh_from_db()
    assert {payment.confirmed_by, payment.second_by} == set(staff)
    assert _main(bea) == LARGE


def test_sent_back_and_confirmed_at_once_only_one_happens(
    large: OfflinePayment, bea: User, staff: list[User], now: datetime
) -> None:
    outcomes = together(
        lambda: offline.send_back(large.pk, "Of somebody else", by=staff[0], now=now),
        lambda: offline.confirm(large.pk, LARGE, "Statement 7", by=staff[1], now=now),
    )
    large.refresh_from_db()
    assert (refusals(outcomes), large.status) in [
        (["OutOfTurn"], "received"),
        ([], "second"),  # sent back first: the other one was then the first of two
    ]
    assert _main(bea) == (LARGE if large.status == "received" else ZERO)


def _take_back_twice(payment: OfflinePayment, staff: list[User], now: datetime) -> list[str]:
    return refusals(together(*(partial(offline.take_back, payment.pk, "Bounced", by=by, now=now) for by in staff)))


def test_two_take_back_and_it_leaves_once(bea: User, mo: User, staff: list[User], now: datetime) -> None:
    payment = came(bea, dollars(100), mo, way=OfflineWay.CHECK, now=now)
    came(bea, dollars(100), mo, now=now)
    assert _take_back_twice(payment, staff, now) == ["OutOfTurn"]
    assert _main(bea) == dollars(100)


def test_without_the_lock_one_payment_has_one_claim(
    bea: User, mo: User, staff: list[User], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: both have read before anybody takes; the database's key refuses one."""
    payment = came(bea, dollars(100), mo, now=now)
    came(bea, dollars(100), mo, now=now)
    both_have_read, read = Barrier(2), offline._locked

    def read_then_wait(*args: Any) -> OfflinePayment:
        found = read(*args)
        both_have_read.wait(PATIENCE_SECONDS)
        return found

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
    monkeypatch.setattr(offline, "_locked", read_then_wait)
    assert _take_back_twice(payment, staff, now) == ["IntegrityError"]
    assert _main(bea) == dollars(100)


def test_taken_back_beside_a_request_and_a_cancellation(bea: User, mo: User, staff: list[User], now: datetime) -> None:
    """Nobody waits in a circle, and no cent is lost."""
    an_earner(bea, now=now)
    for _ in range(ROUNDS):
        payment = came(bea, dollars(60), mo, now=now)
        waiting = ask(bea, dollars(80), now=now)[0]
        outcomes = together(
            partial(offline.take_back, payment.pk, "Bounced", by=staff[0], now=now),
            partial(withdrawals.cancel, waiting.pk, by=bea, now=now),
            partial(ask, bea, dollars(30), now=now),
        )
        assert set(refusals(outcomes)) <= {"OutOfTurn", "NotAllowed", "Invalid"}
        for claim in Chargeback.objects.filter(owed__gt=ZERO):
            chargebacks.collect(claim.pk, now + COLLECT_EVERY)
        for each in Withdrawal.objects.filter(status="requested"):
            withdrawals.cancel(each.pk, by=bea, now=now)
        for claim in Chargeback.objects.filter(owed__gt=ZERO):
            chargebacks.collect(claim.pk, now + 2 * COLLECT_EVERY)
        assert _main(bea) == dollars(100)
    assert breaches() == []


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


def _confirm_on_the_same(users: list[User], by: User, now: datetime) -> list[Any]:
    """Two payments confirmed at once on one line of the statement."""
    made = [offline.announce(OfflineWay.BANK, dollars(100), by=user, now=now) for user in users]
    return together(*(partial(offline.confirm, each.pk, dollars(100), "Line 3", by=by, now=now) for each in made))


def test_one_line_of_a_statement_is_one_payment(bea: User, sam: User, mo: User, now: datetime) -> None:
    assert refusals(_confirm_on_the_same([bea, sam], mo, now)) == ["Invalid"]
    assert _main(bea) + _main(sam) == dollars(100)


def test_two_of_one_user_on_one_line_do_not_wait_in_a_circle(bea: User, mo: User, now: datetime) -> None:
    for _ in range(ROUNDS):
        outcomes = _confirm_on_the_same([bea, bea], mo, now)
        assert refusals(outcomes) == ["Invalid"]
        OfflineEvidence.objects.all().delete()
    assert _main(bea) == dollars(100 * ROUNDS)


def test_without_the_databases_word_one_line_is_credited_twice(
    bea: User, sam: User, mo: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: both have looked before either has written, and nothing refuses the second."""
    both_have_looked = Barrier(2)

    def look(payment: OfflinePayment, evidence: str) -> None:
        taken = OfflineEvidence.objects.filter(key=evidence_key(evidence)).exclude(payment=payment).exists()
        both_have_looked.wait(PATIENCE_SECONDS)
        assert not taken

    monkeypatch.setattr(offline, "_rest_on", look)
    assert refusals(_confirm_on_the_same([bea, sam], mo, now)) == []
    assert _main(bea) + _main(sam) == dollars(200)


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
