"""Spending, withdrawing, approving and sending at the same moment (WDR, FIN-06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import User
from core.models import Event
from core.money import Money, dollars
from finance import escrow, ledger
from finance.ledger import Place
from finance.models import Approval, Batch, PayoutDetails, Withdrawal
from finance.provider import paying_out as provider
from finance.queries import withdrawable
from finance.queries.withdrawable import EARNINGS
from finance.rules import BOUND_FOR, payment_date
from finance.steps import batches, paying_out, withdrawals
from tests.payments import Payments
from tests.races.together import PATIENCE_SECONDS, refusals, together
from tests.stage import give
from tests.withdrawing import DAY, approve, ask, digest_of, net_of, paid_in, sign_a_form

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06")]


@pytest.fixture
def earner(sam: User, now: datetime) -> User:
    """Sam has $50 that may go to his card; how it was named is of no matter here."""
    give(sam, dollars(50), now=now)
    sign_a_form(sam, now=now - DAY)
    PayoutDetails.objects.create(
        user=sam, account_id="acct_1", card_id="card_1", brand="Visa", last4="5556", enabled=True, at=now - 30 * DAY
    )
    return sam


@pytest.fixture
def ben(mo: User) -> User:
    return User.objects.create_superuser("ben", "ben@example.org")


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is held while it is read, and everybody has read before anybody writes."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
    all_have_read = Barrier(2)

    def read(places: Sequence[Place]) -> dict[Place, Money]:
        balances = {place: ledger.balance(place) for place in places}
        all_have_read.wait(PATIENCE_SECONDS)
        return balances

    monkeypatch.setattr(ledger, "locked_balances", read)


def _main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def _ask(user: User, now: datetime) -> object:
    return withdrawals.request(
        user, dollars(40), EARNINGS, net=net_of(user, dollars(40), EARNINGS, now=now), by=user, now=now
    )


def _spend(user: User, now: datetime) -> object:
    with transaction.atomic():
        return escrow.hold("order:1", user, dollars(40), reference="1", by=user, now=now)


class TestSpendAndWithdraw:
    """One of both gets the money (WDR-04)."""

    pytestmark = pytest.mark.rule("WDR-04")

    def test_one_of_both_and_nothing_below_zero(self, earner: User, now: datetime) -> None:
        outcomes = refusals(together(lambda: _ask(earner, now), lambda: _spend(earner, now)))
        assert outcomes in (["ShortBalance"], ["Invalid"])
        assert _main(earner) == dollars(10)

    def test_two_withdrawals_at_once_are_one(self, earner: User, now: datetime) -> None:
        assert refusals(together(lambda: _ask(earner, now), lambda: _ask(earner, now))) == ["Invalid"]
        assert (Withdrawal.objects.count(), _main(earner)) == (1, dollars(10))

    def test_without_the_lock_the_database_refuses_one(self, earner: User, now: datetime, no_lock: None) -> None:
        """Negative control: both believe that there is enough; the guard behind it does not."""
        assert refusals(together(lambda: _ask(earner, now), lambda: _ask(earner, now))) == ["Overdrawn"]
        assert _main(earner) == dollars(10)

    def test_without_lock_and_guard_the_balance_falls_below_zero(
        self, earner: User, now: datetime, no_lock: None, ledger_may_break: None
    ) -> None:
        """Negative control: what the lock and the guard keep from happening."""
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE finance_account DROP CONSTRAINT kept_account_never_below_zero")
            cursor.execute("ALTER TABLE finance_posting DISABLE TRIGGER lots_within_balance")
        assert refusals(together(lambda: _ask(earner, now), lambda: _ask(earner, now))) == []
        assert _main(earner) == -dollars(30)


@pytest.mark.rule("WDR-03")
class TestBatches:
    """A withdrawal is in one batch, a batch is sent once."""

    def test_gathered_twice_at_once_it_is_in_one_batch(self, earner: User, now: datetime) -> None:
        made = [ask(earner, dollars(10), now=now)[0] for _ in range(4)]
        date = payment_date(now)
        deeds = [lambda pk=each.pk: batches.gather(pk, date) for each in made for _ in range(2)]
        assert refusals(together(*deeds)) == ["OutOfTurn"] * 4
        assert Batch.objects.count() == 1
        assert Withdrawal.objects.filter(batch=Batch.objects.get(), status="batched").count() == 4

    def test_without_the_lock_it_joins_twice(
        self, earner: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Negative control: both have seen it waiting, and both tell that it joined."""
        (withdrawal,) = ask(earner, dollars(10), now=now)
        both_have_read, open_batch = Barrier(2), batches._open_batch

        def wait_then_open(now: datetime) -> Batch:
            both_have_read.wait(PATIENCE_SECONDS)
            return open_batch(now)

        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
        monkeypatch.setattr(batches, "_open_batch", wait_then_open)
        gather = partial(batches.gather, withdrawal.pk, payment_date(now))
        assert refusals(together(gather, gather)) == []
        assert Event.objects.filter(kind="withdrawal.batched").count() == 2

    def _approve(self, batch: Batch, by: User, date: datetime) -> Batch:
        return batches.approve(batch.pk, digest=digest_of(batch), by=by, now=date)

    def _batch(self, earner: User, now: datetime) -> tuple[Batch, datetime]:
        (withdrawal,) = ask(earner, dollars(40), now=now)
        date = payment_date(now)
        batches.gather(withdrawal.pk, date)
        return Batch.objects.get(), date

    def test_two_approvals_at_once_send_once(self, earner: User, mo: User, ben: User, now: datetime) -> None:
        batch, date = self._batch(earner, now)
        assert refusals(together(*(lambda by=by: self._approve(batch, by, date) for by in (mo, ben)))) == []
        assert Batch.objects.get().status == "approved"
        number = Withdrawal.objects.get().pk
        assert refusals(together(*(lambda: batches.release(number, date) for _ in range(2)))) == ["OutOfTurn"]
        assert Withdrawal.objects.get().status == "sending"

    def test_one_person_twice_at_once_is_one_approval(self, earner: User, mo: User, now: datetime) -> None:
        batch, date = self._batch(earner, now)
        assert refusals(together(*(lambda: self._approve(batch, mo, date) for _ in range(2)))) == ["NotAllowed"]
        assert (Approval.objects.count(), Withdrawal.objects.get().status) == (1, "batched")

    def test_without_the_lock_both_approve_and_nobody_sends(
        self, earner: User, mo: User, ben: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Negative control: each counts its own approval only."""
        batch, date = self._batch(earner, now)
        both_have_counted, standing = Barrier(2), batches.standing_approvals

        def count_then_wait(batch: Batch, digest: str) -> list[Approval]:
            found = standing(batch, digest)
            both_have_counted.wait(PATIENCE_SECONDS)
            return found

        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
        monkeypatch.setattr(batches, "standing_approvals", count_then_wait)
        together(*(lambda by=by: self._approve(batch, by, date) for by in (mo, ben)))
        assert Approval.objects.count() == 2
        assert Withdrawal.objects.get().status == "batched"


@pytest.mark.rule("WDR-03")
class TestSending:
    """However many try to send it, it is sent once."""

    @pytest.fixture
    def sending(self, bea: User, mo: User, ben: User, payments: Payments, now: datetime) -> Withdrawal:
        top_up = paid_in(payments, bea, dollars(100), now=now)
        later = now + BOUND_FOR
        (withdrawal,) = ask(bea, dollars(40), withdrawable.route_of(top_up), now=later)
        batches.gather(withdrawal.pk, payment_date(later))
        approve(Batch.objects.get(), mo, ben, now=payment_date(later))
        paying_out.due_for_a_try(withdrawal.pk, payment_date(later))
        return withdrawal

    def _refunds(self, payments: Payments) -> list[int]:
        return [refund.amount for refund in payments.sandbox.client().v1.refunds.list().data]

    def test_sent_twice_at_once_it_leaves_once(self, sending: Withdrawal, payments: Payments, now: datetime) -> None:
        outcomes = refusals(together(*(lambda: paying_out.carry_on(sending.pk, now) for _ in range(3))))
        assert set(outcomes) <= {"ProviderDown"}  # who finds somebody at it comes again
        assert self._refunds(payments) == [3820]
        assert Withdrawal.objects.get().status == "paid"

    def test_without_lock_and_key_the_provider_pays_twice(
        self,
        sending: Withdrawal,
        payments: Payments,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Negative control: what the lock and the request's key keep from happening; the books still say once."""
        both_ask, refund = Barrier(2), provider.refund

        def wait_then_refund(withdrawal: Withdrawal) -> Any:
            both_ask.wait(PATIENCE_SECONDS)
            return refund(withdrawal)

        monkeypatch.setattr(provider, "_once", lambda withdrawal, what: {"idempotency_key": uuid4().hex})
        monkeypatch.setattr(provider, "refund", wait_then_refund)
        monkeypatch.setattr(paying_out, "alone", _nobody_waits)
        together(*(lambda: paying_out.carry_on(sending.pk, now) for _ in range(2)))
        assert self._refunds(payments) == [3820, 3820]
        assert ledger.balance(ledger.PROVIDER) == -dollars(100) + Money(3820)


class _nobody_waits:  # noqa: N801
    def __init__(self, *_key: object) -> None: ...

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_what: object) -> None: ...
