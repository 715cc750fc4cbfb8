"""Asking for money to be paid out, and what keeps it here (WDR)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger
from finance.models import Lot
from finance.queries import withdrawable
from finance.queries.withdrawable import EARNINGS
from finance.rules import BOUND_FOR, LIMITED_FOR, payment_date
from finance.steps import paying_out, withdrawals
from orders.models import Status
from tests.payments import Payments
from tests.stage import Stage, give
from tests.withdrawing import (
    FAILING_DEBIT,
    MASTERCARD,
    OTHER_DEBIT,
    ask,
    name_a_card,
    paid_in,
    ready_for_earnings,
    send,
    sign_a_form,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def earner(sam: User, bea: User, payments: Payments, now: datetime) -> User:
    """Sam with $100 that is bound to no card, and everything ready; the site holds what Bea has paid in."""
    paid_in(payments, bea, dollars(200), now=now)
    give(sam, dollars(100), now=now)
    ready_for_earnings(payments, sam, now=now)
    return sam


@pytest.fixture
def ben(db: None, mo: User) -> User:
    """Ben of finance, the second pair of eyes."""
    return User.objects.create_superuser("ben", "ben@example.org")


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


@pytest.mark.rule("WDR-01")
@pytest.mark.rule("WDR-04")
def test_a_request_sets_the_sum_aside_and_shows_fee_and_net(earner: User, now: datetime) -> None:
    (withdrawal,) = ask(earner, dollars(40), now=now)
    assert (withdrawal.fee, withdrawal.net) == (Money(180), Money(3820))
    assert main(earner) == dollars(60)
    assert ledger.balance(ledger.payout_of(withdrawal.payout_key, earner)) == dollars(40)


@pytest.mark.rule("WDR-03")
def test_earnings_go_to_the_card_by_transfer_and_payout(
    earner: User, payments: Payments, mo: User, ben: User, now: datetime
) -> None:
    (withdrawal,) = ask(earner, dollars(40), now=now)
    sent = send(payments, withdrawal, mo, ben, now=payment_date(now))
    assert sent.status == "sent"
    payments.later()
    assert paying_out.carry_on(withdrawal.pk, now + HOUR).status == "paid"
    assert ledger.balance(ledger.COMMISSION) == Money(180)


@pytest.mark.rule("WDR-03")
def test_a_failed_payout_returns_all_of_it(
    sam: User, bea: User, payments: Payments, mo: User, ben: User, now: datetime
) -> None:
    paid_in(payments, bea, dollars(200), now=now)
    give(sam, dollars(100), now=now)
    ready_for_earnings(payments, sam, now=now, card=FAILING_DEBIT)
    (withdrawal,) = ask(sam, dollars(40), now=now)
    send(payments, withdrawal, mo, ben, now=payment_date(now))
    payments.later()
    failed = paying_out.carry_on(withdrawal.pk, now + HOUR)
    assert (failed.status, failed.last_problem) == ("failed", "could_not_process")
    assert main(sam) == dollars(100)
    assert ledger.balance(ledger.COMMISSION) == ZERO


@pytest.mark.rule("WDR-02")
def test_card_money_goes_back_to_its_card_after_thirty_days(
    bea: User, payments: Payments, mo: User, ben: User, now: datetime
) -> None:
    top_up = paid_in(payments, bea, dollars(50), now=now)
    route = withdrawable.route_of(top_up)
    with pytest.raises(Invalid, match="At most"):
        ask(bea, dollars(50), route, now=now + BOUND_FOR - HOUR)
    with pytest.raises((Invalid, NotAllowed)):
        ask(bea, dollars(50), EARNINGS, now=now + BOUND_FOR - HOUR)
    (withdrawal,) = ask(bea, dollars(50), route, now=now + BOUND_FOR)
    sent = send(payments, withdrawal, mo, ben, now=payment_date(now + BOUND_FOR))
    assert sent.status == "paid"
    charge = payments.sandbox.client().v1.charges.retrieve(top_up.charge_id)
    assert charge.amount_refunded == withdrawal.net.cents
    assert Lot.objects.get().left == ZERO


@pytest.mark.rule("WDR-02")
def test_spending_takes_card_money_first_the_oldest_first(stage: Stage, payments: Payments, now: datetime) -> None:
    bea = stage.buyer
    older = paid_in(payments, bea, dollars(30), now=now)
    newer = paid_in(payments, bea, dollars(30), now=now + HOUR, card=MASTERCARD)
    stage.an_order()  # for $50, before which the stage has given her $50 bound to nothing
    later = now + BOUND_FOR + HOUR
    assert {source.route: source.now for source in withdrawable.sources(bea, later)} == {
        EARNINGS: dollars(50),
        withdrawable.route_of(newer): dollars(10),
    }
    assert Lot.objects.get(top_up=older).left == ZERO


@pytest.mark.rule("WDR-02")
def test_a_refund_is_bound_to_the_cards_it_came_from(stage: Stage, payments: Payments, now: datetime) -> None:
    bea = stage.buyer
    paid_in(payments, bea, dollars(30), now=now)
    stage.an_order(at=Status.CANCELED)
    assert Lot.objects.get().left == dollars(30)
    assert [source.total for source in withdrawable.sources(bea, now)] == [dollars(50), dollars(30)]


@pytest.mark.rule("WDR-02")
def test_a_split_returns_to_each_card_in_proportion(stage: Stage, payments: Payments, now: datetime) -> None:
    bea = stage.buyer
    first = paid_in(payments, bea, dollars(10), now=now)
    second = paid_in(payments, bea, dollars(30), now=now + HOUR, card=MASTERCARD)
    stage.an_order(at=Status.SPLIT)  # two fifths of $50 go back
    assert (Lot.objects.get(top_up=first).left, Lot.objects.get(top_up=second).left) == (dollars(4), dollars(12))


@pytest.mark.rule("WDR-04")
def test_canceling_returns_the_sum_once(earner: User, now: datetime) -> None:
    (withdrawal,) = ask(earner, dollars(40), now=now)
    withdrawals.cancel(withdrawal.pk, by=earner, now=now)
    with pytest.raises(OutOfTurn):
        withdrawals.cancel(withdrawal.pk, by=earner, now=now)
    assert main(earner) == dollars(100)


@pytest.mark.rule("WDR-05")
def test_a_new_card_limits_a_week(sam: User, payments: Payments, now: datetime) -> None:
    give(sam, dollars(300), now=now)
    sign_a_form(sam, now=now)
    name_a_card(payments, sam, now=now)
    ask(sam, dollars(60), now=now)
    with pytest.raises(Invalid, match="40"):
        ask(sam, dollars(41), now=now)
    ask(sam, dollars(40), now=now)
    name_a_card(payments, sam, now=now + HOUR, card=OTHER_DEBIT)
    with pytest.raises(Invalid):
        ask(sam, dollars(10), now=now + HOUR)
    later = now + HOUR + LIMITED_FOR
    assert withdrawable.limit(sam, later) is None
    name_a_card(payments, sam, now=later)
    limit = withdrawable.limit(sam, later)
    assert limit is not None
    assert (limit.until, limit.left) == (later + LIMITED_FOR, dollars(100))
