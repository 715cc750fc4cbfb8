"""What became of a withdrawal after staff gave it up, and of transfers that somebody takes back by hand (WDR-03)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance import ledger
from finance.models import Lot, ProviderMovement, Withdrawal
from finance.provider import Declined, NotYet, ProviderDown
from finance.provider import paying_out as desk
from finance.provider.paying_out import Under
from finance.queries import withdrawable
from finance.rules import BOUND_FOR, SETTLE_AFTER, payment_date
from finance.steps import paying_out, reconciling, settling
from tests.finance.answers import Answers, sending
from tests.finance.cards import an_earner, by_card
from tests.finance.records import recorded
from tests.payments import Payments
from tests.stage import give
from tests.withdrawing import ask, paid_in, ready_for_earnings, send

DAY = timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-03")]
ON_ITS_WAY, ARRIVED = Under("po_1", False, False), Under("po_1", True, False)
CAME_BACK = Under("po_1", False, True, "no_account")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Answers:
    return Answers(monkeypatch)


@pytest.fixture
def ben(mo: User) -> User:
    return User.objects.create_superuser("ben", "ben@example.org")


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


class TestGivenUp:
    """All of it was returned, and the site bears what left: what becomes of that is still heard of."""

    @pytest.fixture
    def given_up(self, sam: User, provider: Answers, mo: User, ben: User, now: datetime) -> Withdrawal:
        """Sam's $20 of $100, whose payout was on its way for ever, and whose transfer could not be taken back."""
        provider.given |= {"transfer": "tr_1", "pay_out": ON_ITS_WAY, "retrieve_payout": ON_ITS_WAY}
        provider.given["reverse"] = Declined("insufficient_funds")
        sent = paying_out.carry_on(sending(an_earner(sam, now=now), "earnings", now, tries=0).pk, now)
        for by in (mo, ben):
            settling.came_back(sent.pk, "Nothing came.", by=by, now=now + SETTLE_AFTER)
        provider.take()
        return sent

    def test_a_payout_that_arrives_after_all_is_told_once(
        self, given_up: Withdrawal, provider: Answers, mo: User, now: datetime
    ) -> None:
        provider.given["retrieve_payout"] = ARRIVED
        for _again in range(2):
            kept = paying_out.carry_on(given_up.pk, now + SETTLE_AFTER + DAY)
        assert (kept.status, main(given_up.user)) == ("failed", dollars(100))
        assert "has it twice" in kept.problem
        told = [event for event in recorded(kept) if event[0] == "withdrawal.arrived_late"]
        assert told == [("withdrawal.arrived_late", None, now + SETTLE_AFTER + DAY, {"amount_cents": 2000})]
        assert set(provider.take()) == {"retrieve_payout"}

    def test_a_payout_that_fails_after_all_is_taken_back_for_the_site(
        self, given_up: Withdrawal, provider: Answers, now: datetime
    ) -> None:
        provider.given |= {"retrieve_payout": CAME_BACK}
        assert paying_out.carry_on(given_up.pk, now + SETTLE_AFTER).last_problem == "insufficient_funds"
        provider.given["reverse"] = "trr_1"
        for _again in range(2):
            kept = paying_out.carry_on(given_up.pk, now + SETTLE_AFTER)
        assert (kept.status, kept.reversal_id, main(given_up.user)) == ("failed", "trr_1", dollars(100))
        assert provider.take().count("reverse") == 2
        assert kept.asked_at == now + SETTLE_AFTER

    def test_a_refund_that_arrives_after_all_is_told(
        self, bea: User, provider: Answers, mo: User, ben: User, now: datetime
    ) -> None:
        lot = by_card(bea, dollars(50), now=now - BOUND_FOR)
        assert lot.top_up
        made = sending(bea, withdrawable.route_of(lot.top_up), now, tries=0)
        pending = Under("re_1", False, False)
        provider.given |= {"refund": pending, "retrieve_refund": pending}
        paying_out.carry_on(made.pk, now)
        for by in (mo, ben):
            settling.came_back(made.pk, "Nothing came.", by=by, now=now + SETTLE_AFTER)
        assert paying_out.carry_on(made.pk, now + SETTLE_AFTER).last_problem == ""
        provider.given["retrieve_refund"] = Under("re_1", True, False)
        kept = paying_out.carry_on(made.pk, now + SETTLE_AFTER + DAY)
        assert (kept.status, main(bea), "has it twice" in kept.problem) == ("failed", dollars(50), True)
        # What the site has borne is bound to its card as before.
        assert Lot.objects.get().left == dollars(50)


@pytest.fixture
def not_paid_out(
    sam: User, bea: User, mo: User, ben: User, payments: Payments, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Withdrawal:
    """Sam's $20 were transferred; then the provider went down."""
    paid_in(payments, bea, dollars(200), now=now)
    give(sam, dollars(100), now=now)
    ready_for_earnings(payments, sam, now=now)
    (made,) = ask(sam, dollars(20), now=now)
    with monkeypatch.context() as down:
        down.setattr(desk, "pay_out", _raising(ProviderDown()))
        with pytest.raises(ProviderDown):
            send(payments, made, mo, ben, now=payment_date(now))
    made.refresh_from_db()
    return made


def test_a_transfer_taken_back_at_the_provider_by_hand_returns(
    not_paid_out: Withdrawal, payments: Payments, now: datetime
) -> None:
    payments.sandbox.client().v1.transfers.reversals.create(not_paid_out.transfer_id, {"amount": 1910})
    assert paying_out.carry_on(not_paid_out.pk, payment_date(now) + DAY).status == "failed"
    assert main(not_paid_out.user) == dollars(100)
    reconciling.reconcile(now)
    assert not ProviderMovement.objects.filter(entry=None).exists()


def test_one_taken_back_after_it_was_given_up_is_the_sites_again(
    not_paid_out: Withdrawal, mo: User, ben: User, payments: Payments, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = payment_date(now) + SETTLE_AFTER
    with monkeypatch.context() as refusing:
        refusing.setattr(desk, "pay_out", _raising(NotYet("balance_insufficient")))
        refusing.setattr(desk, "reverse", _raising(Declined("account_invalid")))
        for by in (mo, ben):
            settling.came_back(not_paid_out.pk, "The account is closed.", by=by, now=later)
    assert ledger.balance(ledger.COMMISSION) == -Money(1910)
    payments.sandbox.client().v1.transfers.reversals.create(not_paid_out.transfer_id, {"amount": 1910})
    for _again in range(2):
        reconciling.reconcile(later)
    assert ledger.balance(ledger.COMMISSION) == ZERO
    assert not ProviderMovement.objects.filter(entry=None).exists()


def _raising(error: Exception) -> Callable[[Withdrawal], Any]:
    def refuse(_withdrawal: Withdrawal) -> Any:
        raise error

    return refuse
