"""Payments that a bank takes back, in any order and however often they are told of (FIN-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from arbitration.steps import canceling
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import escrow, ledger
from finance.models import Chargeback, Entry, Lot, TopUp
from finance.provider.claims import Claim
from finance.queries import withdrawable
from finance.queries.withdrawable import EARNINGS
from finance.rules import BOUND_FOR, CLAIM_CHECK_EVERY, COLLECT_EVERY, payment_date
from finance.steps import batches, chargebacks, freeing, paying_out, reconciling, top_ups
from finance.tasks import ask_about
from orders.models import Status
from orders.steps import checkout
from tests.payments import Payments
from tests.stage import Stage, give, give_bonus
from tests.withdrawing import MASTERCARD, approve, ask, paid_in

HOUR = timedelta(hours=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-03")]


@pytest.fixture
def top_up(bea: User, payments: Payments, now: datetime) -> TopUp:
    return paid_in(payments, bea, dollars(50), now=now)


@pytest.fixture
def ben(mo: User) -> User:
    return User.objects.create_superuser("ben", "ben@example.org")


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def charged_back(payments: Payments, top_up: TopUp, *, now: datetime) -> tuple[str, Chargeback]:
    claim = payments.dispute(top_up)
    found = chargebacks.settle(claim, now)
    assert found is not None
    return claim, found


def test_a_chargeback_takes_the_sum_back(top_up: TopUp, payments: Payments, now: datetime) -> None:
    claim, found = charged_back(payments, top_up, now=now)
    assert chargebacks.settle(claim, now) == found
    assert (main(top_up.user), found.owed) == (ZERO, ZERO)
    assert Lot.objects.get().left == ZERO
    assert ledger.balance(ledger.PROVIDER) == ZERO


def test_what_was_spent_is_owed_and_taken_from_what_comes_in(
    stage: Stage, top_up: TopUp, payments: Payments, now: datetime
) -> None:
    bea = stage.buyer
    stage.an_order(at=Status.COMPLETED)  # for $50, for which the stage gave as much
    assert main(bea) == dollars(50)
    stage.an_order(at=Status.COMPLETED)
    ledger.post(
        "test:spent", "hold", {ledger.main_of(bea): -dollars(30), ledger.COMMISSION: dollars(30)}, by=None, now=now
    )
    _claim, found = charged_back(payments, top_up, now=now)
    assert (main(bea), found.owed) == (ZERO, dollars(30))
    give(bea, dollars(12), now=now)
    with pytest.raises(OutOfTurn):
        chargebacks.collect(found.pk, now)
    chargebacks.collect(found.pk, now + COLLECT_EVERY)
    give(bea, dollars(40), now=now)
    chargebacks.collect(found.pk, now + 2 * COLLECT_EVERY)
    found.refresh_from_db()
    assert (main(bea), found.owed, found.collect_due_at) == (dollars(22), ZERO, None)


def test_what_is_owed_cannot_be_spent_before_it_is_collected(
    stage: Stage, top_up: TopUp, payments: Payments, now: datetime
) -> None:
    bea = stage.buyer
    kwork = stage.a_kwork()
    ledger.post(
        "test:spent", "hold", {ledger.main_of(bea): -dollars(30), ledger.COMMISSION: dollars(30)}, by=None, now=now
    )
    _claim, found = charged_back(payments, top_up, now=now)
    assert (main(bea), found.owed) == (ZERO, dollars(30))
    give(bea, dollars(79), now=now)
    choice = stage.a_choice(kwork)
    with pytest.raises(escrow.ShortBalance, match=r"short by \$1\.00: it pays first the \$30\.00 that you owe"):
        checkout.place(choice.pk, by=bea, now=now)
    with pytest.raises(escrow.ShortBalance):
        escrow.hold_fee("fee:1", bea, dollars(50), reference="12345678", by=bea, now=now)
    escrow.hold_fee("fee:2", bea, dollars(49), reference="12345678", by=bea, now=now)
    give_bonus(bea, dollars(50), now=now)
    assert checkout.place(choice.pk, by=bea, now=now).total == dollars(50)  # bonus money owes nothing
    chargebacks.collect(found.pk, now + COLLECT_EVERY)
    assert main(bea) == ZERO


def test_a_claim_decided_for_us_returns_everything_as_it_was(
    top_up: TopUp, payments: Payments, bea: User, now: datetime
) -> None:
    claim, _found = charged_back(payments, top_up, now=now)
    payments.decide(claim, "won")
    won = chargebacks.settle(claim, now)
    assert won is not None
    assert (won.status, main(bea), Lot.objects.get().left) == ("won", dollars(50), dollars(50))
    assert not withdrawable.claims_of(bea).exists()


def test_a_claim_first_heard_of_when_it_was_over_is_booked_both_ways(
    top_up: TopUp, payments: Payments, bea: User, now: datetime
) -> None:
    claim = payments.dispute(top_up)
    payments.decide(claim, "won")
    for _again in range(2):
        assert chargebacks.settle(claim, now)
    entries = Entry.objects.filter(reference=Chargeback.objects.get().reference).order_by("id")
    assert [entry.verb for entry in entries] == ["chargeback", "chargeback_back"]
    assert main(bea) == dollars(50)


@pytest.mark.rule("WDR-02")
def test_after_a_lost_claim_what_comes_back_waits_for_support(
    stage: Stage, payments: Payments, mo: User, now: datetime
) -> None:
    bea, later = stage.buyer, now + BOUND_FOR
    paid = paid_in(payments, bea, dollars(50), now=now)
    order = stage.an_order()  # takes the card's $50; the stage has given as much
    claim, _found = charged_back(payments, paid, now=now)
    payments.decide(claim, "lost")
    chargebacks.settle(claim, now)
    canceling.cancel(order.pk, "CAN-01", by=bea, now=now)
    with pytest.raises(Invalid):
        ask(bea, dollars(20), withdrawable.route_of(paid), now=later)
    assert [(source.now, source.stuck) for source in withdrawable.sources(bea, later)] == [
        (ZERO, ZERO),
        (ZERO, dollars(50)),
    ]
    freeing.release(Lot.objects.get().pk, "The bank has its money.", by=mo, now=later)
    assert [(source.route, source.now) for source in withdrawable.sources(bea, later)] == [(EARNINGS, dollars(50))]
    with pytest.raises(OutOfTurn):
        freeing.release(Lot.objects.get().pk, "Once more.", by=mo, now=later)


@pytest.mark.rule("WDR-02")
def test_a_claim_for_a_part_frees_nothing_of_the_rest(top_up: TopUp, bea: User, now: datetime) -> None:
    moved = (("txn_1", -dollars(10)),)
    chargebacks.learn(top_up.pk, Claim("dp_1", "lost", dollars(10), moved, "general", "", top_up.pk), now)
    assert [(source.now, source.stuck) for source in withdrawable.sources(bea, now + BOUND_FOR)] == [
        (ZERO, ZERO),
        (ZERO, dollars(40)),
    ]


def test_what_a_bank_takes_returns_and_takes_again_is_booked_each_time(top_up: TopUp, bea: User, now: datetime) -> None:
    took, gave, again = ("txn_1", -dollars(50)), ("txn_2", dollars(50)), ("txn_3", -dollars(50))
    for moved, left in (((took,), ZERO), ((took, gave), dollars(50)), ((took, gave, again), ZERO)):
        for _twice in range(2):
            chargebacks.learn(top_up.pk, Claim("dp_1", "open", dollars(50), moved, "", "", top_up.pk), now)
        assert main(bea) == left
        assert Lot.objects.get().left == left


def test_a_part_that_a_bank_returns_pays_first_what_is_owed(top_up: TopUp, bea: User, now: datetime) -> None:
    lines = {ledger.main_of(bea): -dollars(30), ledger.COMMISSION: dollars(30)}
    ledger.post("test:spent", "hold", lines, lots={Lot.objects.get().pk: -dollars(30)}, by=None, now=now)
    took = ("txn_1", -dollars(50))
    chargebacks.learn(top_up.pk, Claim("dp_1", "open", dollars(50), (took,), "", "", top_up.pk), now)
    assert Chargeback.objects.get().owed == dollars(30)
    moved = (took, ("txn_2", dollars(35)))
    chargebacks.learn(top_up.pk, Claim("dp_1", "open", dollars(50), moved, "", "", top_up.pk), now)
    assert (Chargeback.objects.get().owed, main(bea), Lot.objects.get().left) == (ZERO, dollars(5), dollars(5))


def test_a_claim_whose_webhooks_were_lost_is_found_on_the_list_of_movements(
    top_up: TopUp, payments: Payments, bea: User, now: datetime
) -> None:
    claim = payments.dispute(top_up)
    reconciling.reconcile(now)
    assert (Chargeback.objects.get().status, main(bea)) == ("open", ZERO)
    payments.decide(claim, "won")
    assert chargebacks.due_for_a_look(Chargeback.objects.get().pk, now + CLAIM_CHECK_EVERY) == claim
    ask_about(Chargeback.objects.get().pk, now + 2 * CLAIM_CHECK_EVERY)
    chargebacks.settle(claim, now)
    assert (Chargeback.objects.get().status, Chargeback.objects.get().check_due_at, main(bea)) == (
        "won",
        None,
        dollars(50),
    )


@pytest.mark.rule("WDR-03")
def test_nothing_is_withdrawn_while_a_claim_runs(top_up: TopUp, payments: Payments, bea: User, now: datetime) -> None:
    other = paid_in(payments, bea, dollars(40), now=now, card=MASTERCARD)
    later = now + BOUND_FOR
    (waiting,) = ask(bea, dollars(20), withdrawable.route_of(other), now=later)
    charged_back(payments, top_up, now=later)
    waiting.refresh_from_db()
    assert (waiting.status, main(bea)) == ("rejected", dollars(40))
    with pytest.raises(NotAllowed, match="taken a payment"):
        ask(bea, dollars(20), withdrawable.route_of(other), now=later)


def test_what_is_approved_already_is_not_sent_while_a_claim_runs(
    top_up: TopUp, payments: Payments, bea: User, mo: User, ben: User, now: datetime
) -> None:
    later = now + BOUND_FOR
    other = paid_in(payments, bea, dollars(40), now=now, card=MASTERCARD)
    (approved,) = ask(bea, dollars(20), withdrawable.route_of(other), now=later)
    date = payment_date(later)
    batches.gather(approved.pk, date)
    approved.refresh_from_db()
    assert approved.batch
    approve(approved.batch, mo, ben, now=date)
    charged_back(payments, top_up, now=date)
    paying_out.due_for_a_try(approved.pk, date)
    assert paying_out.carry_on(approved.pk, date).status == "rejected"
    assert payments.sandbox.client().v1.refunds.list().data == []


def test_a_claim_that_is_told_of_before_its_payment(bea: User, payments: Payments, now: datetime) -> None:
    top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
    payments.pay(top_up)
    charge = payments.sandbox.client().v1.charges.list().data[0].id
    claim = str(payments.sandbox.control(f"dispute/{charge}")["id"])
    found = chargebacks.settle(claim, now)
    assert found is not None
    top_up.refresh_from_db()
    assert (top_up.status, main(bea), found.amount) == ("paid", ZERO, dollars(25))


def test_webhooks_in_any_order_and_twice(
    top_up: TopUp, payments: Payments, client: Client, bea: User, now: datetime
) -> None:
    claim = payments.dispute(top_up)
    payments.decide(claim, "won")
    kinds = ["charge.dispute.closed", "charge.dispute.funds_reinstated", "charge.dispute.created"]
    for kind in [*kinds, *reversed(kinds)]:
        assert payments.deliver(client, payments.told(kind)).status_code == 200
    assert Chargeback.objects.get().status == "won"
    assert main(bea) == dollars(50)


def test_staff_may_write_off_what_a_lost_claim_left(
    top_up: TopUp, payments: Payments, bea: User, sam: User, mo: User, now: datetime
) -> None:
    ledger.post(
        "test:spent",
        "hold",
        {ledger.main_of(bea): -dollars(50), ledger.COMMISSION: dollars(50)},
        lots={Lot.objects.get().pk: -dollars(50)},
        by=None,
        now=now,
    )
    claim, found = charged_back(payments, top_up, now=now)
    with pytest.raises(OutOfTurn):
        chargebacks.write_off(found.pk, "The buyer was cheated.", by=mo, now=now)
    payments.decide(claim, "lost")
    chargebacks.settle(claim, now)
    with pytest.raises(NotAllowed):
        chargebacks.write_off(found.pk, "The buyer was cheated.", by=sam, now=now)
    with pytest.raises(Invalid):
        chargebacks.write_off(found.pk, " ", by=mo, now=now)
    chargebacks.write_off(found.pk, "The buyer was cheated.", by=mo, now=now)
    found.refresh_from_db()
    assert (found.owed, ledger.balance(ledger.COMMISSION)) == (ZERO, ZERO)
    assert not withdrawable.claims_of(bea).exists()


def test_a_claim_for_money_that_is_none_of_ours_changes_nothing(payments: Payments, now: datetime) -> None:
    assert chargebacks.settle("du_nothing", now) is None
    assert not Chargeback.objects.exists()
