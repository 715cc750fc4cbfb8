"""Two who decide about the same stuck money at the same moment, or hear of the same refund (FIN-03, FIN-06, WDR-03)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import pytest

from accounts.models import User
from core.money import ZERO, Money, dollars
from core.refusals import NotAllowed, OutOfTurn
from finance import ledger
from finance.models import Chargeback, Entry, TopUp, Withdrawal
from finance.queries import withdrawable
from finance.rules import BOUND_FOR, SETTLE_AFTER
from finance.steps import paying_out, reconciling, refunds, settling, top_ups
from tests.finance.answers import sending
from tests.payments import Payments
from tests.races.together import refusals, together
from tests.withdrawing import paid_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06")]


@pytest.fixture
def ben(mo: User) -> User:
    return User.objects.create_superuser("ben", "ben@example.org")


def _main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


@pytest.mark.rule("FIN-03")
def test_what_was_received_is_credited_once(bea: User, mo: User, ben: User, payments: Payments, now: datetime) -> None:
    top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
    payments.price(top_up, 2400)
    payments.pay(top_up)
    top_ups.settle(str(top_up.session_id), now)
    deeds = [lambda by=by: top_ups.credit(top_up.pk, "It is what was paid.", by=by, now=now) for by in (mo, ben)]
    assert refusals(together(*deeds)) == ["OutOfTurn"]
    assert (_main(bea), TopUp.objects.get().amount) == (dollars(24), dollars(24))


@pytest.mark.rule("FIN-03")
def test_a_refund_that_webhook_and_list_tell_of_is_taken_once(bea: User, payments: Payments, now: datetime) -> None:
    top_up = paid_in(payments, bea, dollars(50), now=now)
    refund = payments.refund(top_up)
    deeds = [
        lambda: refunds.settle(refund, now),
        lambda: refunds.settle(refund, now),
        lambda: reconciling.reconcile(now),
    ]
    assert refusals(together(*deeds)) == []
    assert (_main(bea), Chargeback.objects.get().owed) == (ZERO, ZERO)
    assert Entry.objects.filter(verb="taken_back").count() == 1


@pytest.mark.rule("WDR-03")
def test_stopped_and_sent_at_once_it_is_one_of_both(bea: User, mo: User, payments: Payments, now: datetime) -> None:
    top_up, later = paid_in(payments, bea, dollars(50), now=now), now + BOUND_FOR
    made = sending(bea, withdrawable.route_of(top_up), later, tries=0)
    together(lambda: settling.stop(made.pk, "It hangs.", by=mo, now=later), lambda: paying_out.carry_on(made.pk, later))
    refunded = [each.amount for each in payments.sandbox.client().v1.refunds.list().data]
    status = Withdrawal.objects.get().status
    assert (status, refunded, _main(bea)) in (
        ("rejected", [], dollars(50)),
        ("paid", [1910], dollars(30)),
    )


@pytest.mark.rule("WDR-03")
def test_two_who_say_the_same_at_once_settle_it_once(
    bea: User, mo: User, ben: User, payments: Payments, now: datetime
) -> None:
    top_up, later = paid_in(payments, bea, dollars(50), now=now), now + BOUND_FOR
    payments.sandbox.control("faults", {"refund_failure": "lost_or_stolen_card"})
    made = sending(bea, withdrawable.route_of(top_up), later, tries=0)
    paying_out.carry_on(made.pk, later)
    lost = later + SETTLE_AFTER
    together(*(lambda by=by: settling.came_back(made.pk, "Nothing came.", by=by, now=lost) for by in (mo, ben)))
    # Whoever found the other at it comes again.
    for by in (mo, ben):
        with suppress(NotAllowed, OutOfTurn):
            settling.came_back(made.pk, "Nothing came.", by=by, now=lost)
    assert (Withdrawal.objects.get().status, _main(bea)) == ("failed", dollars(50))
    assert Entry.objects.filter(key__endswith=":borne").count() == 1
