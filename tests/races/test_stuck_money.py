"""Two who decide about the same stuck money at the same moment, or hear of the same refund (FIN-03, FIN-06, WDR-03)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from core.events import record, timeline
from core.money import ZERO, Money, dollars
from finance import ledger
from finance import provider as payment_pages
from finance.models import Chargeback, Entry, TopUp, Withdrawal
from finance.provider import Declined
from finance.provider import paying_out as desk
from finance.provider import refunds as provider_refunds
from finance.provider.paying_out import Under
from finance.provider.refunds import Refund
from finance.queries import withdrawable
from finance.rules import BOUND_FOR, SETTLE_AFTER
from finance.steps import chargebacks, paying_out, reconciling, refunds, settling, top_ups
from tests.finance.answers import Answers, sending
from tests.finance.cards import an_earner
from tests.payments import Payments
from tests.races.together import PATIENCE_SECONDS, refusals, together
from tests.withdrawing import paid_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06")]


@pytest.fixture
def ben(mo: User) -> User:
    return User.objects.create_superuser("ben", "ben@example.org")


@pytest.fixture
def cleo(mo: User) -> User:
    return User.objects.create_superuser("cleo", "cleo@example.org")


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is held while it is read."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several may be at one withdrawal at a time."""
    monkeypatch.setattr(paying_out, "alone", _nobody_waits)


@pytest.fixture
def no_key(ledger_may_break: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE finance_entry DROP CONSTRAINT key_used_once")


def _both_first(deed: Callable[..., Any]) -> Callable[..., Any]:
    """Nobody does it before both have come to it."""
    both_are_here = Barrier(2)

    def wait_then_do(*args: Any, **named: Any) -> Any:
        both_are_here.wait(PATIENCE_SECONDS)
        return deed(*args, **named)

    return wait_then_do


def _then_wait(read: Callable[..., Any]) -> Callable[..., Any]:
    """Nobody goes on before both have read."""
    both_have_read = Barrier(2)

    def read_then_wait(*args: Any) -> Any:
        found = read(*args)
        both_have_read.wait(PATIENCE_SECONDS)
        return found

    return read_then_wait


def _main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


@pytest.mark.rule("FIN-03")
class TestWhatWasReceived:
    """Two of staff credit the same payment; both have had the provider's answer before either of them books."""

    @pytest.fixture
    def questioned(self, bea: User, payments: Payments, now: datetime, monkeypatch: pytest.MonkeyPatch) -> TopUp:
        top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
        payments.price(top_up, 2400)
        payments.pay(top_up)
        top_ups.settle(str(top_up.session_id), now)
        session = payment_pages.retrieve_checkout(str(top_up.session_id))
        monkeypatch.setattr(payment_pages, "retrieve_checkout", _both_first(lambda _session_id: session))
        return top_up

    def _credit(self, top_up: TopUp, *staff: User, now: datetime) -> list[str]:
        deeds = [partial(top_ups.credit, top_up.pk, "It is what was paid.", by=by, now=now) for by in staff]
        return refusals(together(*deeds))

    def test_is_credited_once(self, questioned: TopUp, bea: User, mo: User, ben: User, now: datetime) -> None:
        assert self._credit(questioned, mo, ben, now=now) == ["OutOfTurn"]
        assert (_main(bea), TopUp.objects.get().amount) == (dollars(24), dollars(24))

    def test_without_the_lock_the_later_one_runs_into_the_key(
        self,
        questioned: TopUp,
        bea: User,
        mo: User,
        ben: User,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
        no_lock: None,
    ) -> None:
        """Negative control: the ledger's key refuses one."""
        monkeypatch.setattr(top_ups, "_locked", _then_wait(top_ups._locked))
        assert self._credit(questioned, mo, ben, now=now) == ["AlreadyPosted"]
        assert _main(bea) == dollars(24)


@pytest.mark.rule("FIN-03")
class TestARefundOfSomebody:
    """Webhook and list tell of the same refund; both have had the provider's answer before either takes it."""

    @pytest.fixture
    def heard_of(self, bea: User, payments: Payments, now: datetime) -> Refund:
        """Somebody refunds $50, and of the refund itself we know already."""
        top_up = paid_in(payments, bea, dollars(50), now=now)
        refund = provider_refunds.retrieve(payments.refund(top_up))
        assert refund is not None
        chargebacks.learn(top_up.pk, replace(refunds._as_claim(refund), moved=(), state="open"), now)
        return refund

    def _hear_twice(self, refund: Refund, now: datetime) -> list[str]:
        return refusals(together(*(partial(refunds.settle, refund.id, now) for _ in range(2))))

    def test_webhook_and_list(self, bea: User, payments: Payments, now: datetime) -> None:
        refund = payments.refund(paid_in(payments, bea, dollars(50), now=now))
        deeds = [lambda: refunds.settle(refund, now), lambda: reconciling.reconcile(now)]
        assert refusals(together(*deeds, deeds[0])) == []
        assert (_main(bea), Chargeback.objects.get().owed) == (ZERO, ZERO)
        assert Entry.objects.filter(verb="taken_back").count() == 1

    def test_is_taken_once(self, heard_of: Refund, bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provider_refunds, "retrieve", _then_wait(provider_refunds.retrieve))
        assert self._hear_twice(heard_of, now) == []
        assert _main(bea) == ZERO
        assert Entry.objects.filter(verb="taken_back").count() == 1

    def test_without_the_lock_the_later_one_runs_into_the_key(
        self, heard_of: Refund, bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch, no_lock: None
    ) -> None:
        """Negative control: both believe that nobody has taken it."""
        monkeypatch.setattr(ledger, "post", _both_first(ledger.post))
        assert self._hear_twice(heard_of, now) == ["AlreadyPosted"]
        assert _main(bea) == ZERO


@pytest.mark.rule("WDR-03")
class TestStoppedAndSent:
    """A worker has been told that nothing was sent; before it sends, staff stops it."""

    def _both(self, bea: User, mo: User, payments: Payments, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Any:
        top_up, later = paid_in(payments, bea, dollars(50), now=now), now + BOUND_FOR
        made = sending(bea, withdrawable.route_of(top_up), later, tries=0)
        told, stopped, find = Event(), Event(), desk.find_refund

        def find_then_wait(withdrawal: Withdrawal) -> Under | None:
            found = find(withdrawal)
            if not told.is_set():
                told.set()
                stopped.wait(PATIENCE_SECONDS)
            return found

        def stop() -> None:
            told.wait(PATIENCE_SECONDS)
            try:
                settling.stop(made.pk, "It hangs.", by=mo, now=later)
            finally:
                stopped.set()

        monkeypatch.setattr(desk, "find_refund", find_then_wait)
        refused = refusals(together(lambda: paying_out.carry_on(made.pk, later), stop))
        refunded = [each.amount for each in payments.sandbox.client().v1.refunds.list().data]
        return refused, Withdrawal.objects.get().status, refunded, _main(bea)

    def test_it_is_sent(
        self, bea: User, mo: User, payments: Payments, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self._both(bea, mo, payments, now, monkeypatch) == (["ProviderDown"], "paid", [1910], dollars(30))

    def test_if_both_could_be_at_it_the_user_had_it_twice(
        self,
        bea: User,
        mo: User,
        payments: Payments,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
        nobody_waits: None,
    ) -> None:
        """Negative control: sent back to the card, and returned to the balance."""
        assert self._both(bea, mo, payments, now, monkeypatch) == ([], "rejected", [1910], dollars(50))


@pytest.mark.rule("WDR-03")
class TestGivenUp:
    """Staff says at the same moment that a payout will never arrive."""

    @pytest.fixture
    def lost(self, sam: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Withdrawal:
        """Sam's $20 of $100, on their way for ever."""
        provider, on_its_way = Answers(monkeypatch), Under("po_1", False, False)
        provider.given |= {"transfer": "tr_1", "pay_out": on_its_way, "retrieve_payout": on_its_way}
        provider.given["reverse"] = Declined("insufficient_funds")
        made = sending(an_earner(sam, now=now), "earnings", now, tries=0)
        return paying_out.carry_on(made.pk, now)

    def _say(self, lost: Withdrawal, *staff: User, now: datetime) -> list[str]:
        deeds = [partial(settling.came_back, lost.pk, "Nothing.", by=by, now=now + SETTLE_AFTER) for by in staff]
        return refusals(together(*deeds))

    def _asked_for(self, lost: Withdrawal) -> int:
        return timeline(lost).filter(kind=settling.ASKED).count()

    def _both_ask_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both have had the provider's answer before either says a word."""
        monkeypatch.setattr(settling, "_as_the_provider_says", _both_first(settling._as_the_provider_says))

    def test_the_first_two_are_the_two_that_it_takes(
        self,
        lost: Withdrawal,
        mo: User,
        ben: User,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
        nobody_waits: None,
    ) -> None:
        self._both_ask_first(monkeypatch)
        assert self._say(lost, mo, ben, now=now) == []
        assert (Withdrawal.objects.get().status, self._asked_for(lost)) == ("failed", 1)

    def test_without_the_lock_each_believes_to_be_the_first(
        self,
        lost: Withdrawal,
        mo: User,
        ben: User,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
        nobody_waits: None,
        no_lock: None,
    ) -> None:
        """Negative control: two have said it, and nothing has come of it."""
        monkeypatch.setattr(settling, "record", _both_first(record))
        assert self._say(lost, mo, ben, now=now) == []
        assert (Withdrawal.objects.get().status, self._asked_for(lost)) == ("sent", 2)

    def test_two_second_persons_and_one_returns_it(
        self, lost: Withdrawal, mo: User, ben: User, cleo: User, now: datetime
    ) -> None:
        assert self._say(lost, mo, now=now) == []
        assert self._say(lost, ben, cleo, now=now) in (["ProviderDown"], ["OutOfTurn"])
        assert (Withdrawal.objects.get().status, _main(lost.user)) == ("failed", dollars(100))

    def test_the_withdrawals_own_lock_lets_one_return_it(
        self,
        lost: Withdrawal,
        mo: User,
        ben: User,
        cleo: User,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
        nobody_waits: None,
    ) -> None:
        assert self._say(lost, mo, now=now) == []
        monkeypatch.setattr(paying_out, "last_resort", _both_first(paying_out.last_resort))
        assert self._say(lost, ben, cleo, now=now) == ["OutOfTurn"]
        assert _main(lost.user) == dollars(100)

    def test_without_the_locks_the_later_one_runs_into_the_key(
        self,
        lost: Withdrawal,
        mo: User,
        ben: User,
        cleo: User,
        now: datetime,
        nobody_waits: None,
        no_lock: None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Negative control: the ledger's key refuses one."""
        assert self._say(lost, mo, now=now) == []
        monkeypatch.setattr(ledger, "post", _both_first(ledger.post))
        assert self._say(lost, ben, cleo, now=now) == ["AlreadyPosted"]
        assert _main(lost.user) == dollars(100)

    def test_without_locks_and_key_it_is_returned_twice(
        self,
        lost: Withdrawal,
        mo: User,
        ben: User,
        cleo: User,
        now: datetime,
        nobody_waits: None,
        no_lock: None,
        no_key: None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Negative control: what the locks and the key keep from happening."""
        assert self._say(lost, mo, now=now) == []
        monkeypatch.setattr(ledger, "post", _both_first(ledger.post))
        assert self._say(lost, ben, cleo, now=now) == []
        assert _main(lost.user) == dollars(120)


class _nobody_waits:  # noqa: N801
    def __init__(self, *_key: object) -> None: ...

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_what: object) -> None: ...
