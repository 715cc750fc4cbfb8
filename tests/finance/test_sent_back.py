"""Payments that somebody refunds at the provider, without a withdrawal (FIN-03)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from core import handing
from core.money import ZERO, Money, dollars
from finance import ledger, proof
from finance.models import Chargeback, Entry, Lot, TopUp, Withdrawal
from finance.provider import refunds as provider_refunds
from finance.queries import withdrawable
from finance.rules import BOUND_FOR, COLLECT_EVERY, payment_date
from finance.steps import chargebacks, paying_out, reconciling, refunds, top_ups
from notifications.models import Notice
from notifications.words import Words
from tests.finance.records import recorded
from tests.payments import Payments
from tests.stage import give
from tests.withdrawing import MASTERCARD, approved, ask, paid_in, send

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-03")]


@pytest.fixture
def top_up(bea: User, payments: Payments, now: datetime) -> TopUp:
    return paid_in(payments, bea, dollars(50), now=now)


@pytest.fixture
def ben(mo: User) -> User:
    return User.objects.create_superuser("ben", "ben@example.org")


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def spend(user: User, amount: Money, now: datetime) -> None:
    lines = {ledger.main_of(user): -amount, ledger.COMMISSION: amount}
    ledger.post("test:spent", "hold", lines, lots={Lot.objects.get().pk: -amount}, by=None, now=now)


def broken_after_an_hour() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE finance_providermovement SET at = at - interval '2 hours'")
    return {check.law.name for check in proof.prove().broken}


def test_who_has_it_back_does_not_keep_it(top_up: TopUp, bea: User, payments: Payments, now: datetime) -> None:
    refund = payments.refund(top_up)
    for _again in range(2):
        refunds.settle(refund, now)
    found = Chargeback.objects.get()
    assert (main(bea), Lot.objects.get().left, found.owed, found.status) == (ZERO, ZERO, ZERO, "lost")
    assert [event[0] for event in recorded(found)] == ["chargeback.sent_back"]
    assert not withdrawable.claims_of(bea).exists()
    handing.hand_on_waiting(now=now)
    assert Notice.objects.get(kind="chargeback.sent_back").user == bea


def test_what_was_spent_is_owed_and_stops_withdrawals(
    top_up: TopUp, bea: User, payments: Payments, now: datetime
) -> None:
    spend(bea, dollars(30), now)
    later = now + BOUND_FOR
    (waiting,) = ask(bea, dollars(15), withdrawable.route_of(top_up), now=later)
    refunds.settle(payments.refund(top_up), later)
    assert (main(bea), Chargeback.objects.get().owed) == (ZERO, dollars(30))
    assert Withdrawal.objects.get(pk=waiting.pk).status == "rejected"
    give(bea, dollars(40), now=later)
    chargebacks.collect(Chargeback.objects.get().pk, later + COLLECT_EVERY)
    assert (main(bea), Chargeback.objects.get().owed) == (dollars(10), ZERO)


@pytest.mark.rule("WDR-02")
def test_a_part_takes_a_part_and_the_rest_may_still_go_back(
    top_up: TopUp, bea: User, payments: Payments, now: datetime
) -> None:
    other = paid_in(payments, bea, dollars(40), now=now, card=MASTERCARD)
    later = now + BOUND_FOR
    (waiting,) = ask(bea, dollars(20), withdrawable.route_of(other), now=later)
    for cents in (1000, 500):
        refunds.settle(payments.refund(top_up, cents), later)
    assert main(bea) == dollars(55)
    assert Withdrawal.objects.get(pk=waiting.pk).status == "requested"
    sources = {each.route: each for each in withdrawable.sources(bea, later)}
    assert sources[withdrawable.route_of(top_up)].now == dollars(35)


@pytest.mark.rule("FIN-07")
def test_it_is_found_on_the_list_of_movements_where_no_webhook_came(
    top_up: TopUp, bea: User, payments: Payments, now: datetime
) -> None:
    payments.refund(top_up, 2000)
    for _again in range(2):
        reconciling.reconcile(now)
    assert main(bea) == dollars(30)
    assert Entry.objects.filter(verb="taken_back").count() == 1
    assert broken_after_an_hour() == set()


@pytest.mark.parametrize("heard", ["webhook", "list", "both"])
def test_one_that_did_not_arrive_brings_everything_back(
    top_up: TopUp, bea: User, payments: Payments, client: Client, now: datetime, heard: str
) -> None:
    payments.sandbox.control("faults", {"refund_failure": "lost_or_stolen_card"})
    payments.refund(top_up)
    if heard != "list":
        assert payments.deliver(client, payments.told("charge.refunded")).status_code == 200
    if heard != "webhook":
        reconciling.reconcile(now)
    assert main(bea) == ZERO
    payments.sandbox.later()
    if heard != "list":
        assert payments.deliver(client, payments.told("refund.failed")).status_code == 200
    if heard != "webhook":
        reconciling.reconcile(now)
    found = Chargeback.objects.get()
    assert (main(bea), Lot.objects.get().left, found.status) == (dollars(50), dollars(50), "won")
    kinds = ["chargeback.sent_back", "chargeback.send_back_failed"]
    assert [event[0] for event in recorded(found)] == kinds
    reconciling.reconcile(now)
    assert broken_after_an_hour() == set()


@pytest.mark.rule("WDR-03")
def test_our_own_refunds_are_withdrawals_whoever_tells_of_them(
    top_up: TopUp, bea: User, mo: User, ben: User, payments: Payments, client: Client, now: datetime
) -> None:
    later = now + BOUND_FOR
    (withdrawal,) = ask(bea, dollars(20), withdrawable.route_of(top_up), now=later)
    sent = send(payments, withdrawal, mo, ben, now=payment_date(later))
    assert payments.deliver(client, payments.told("charge.refunded")).status_code == 200
    assert refunds.settle(sent.refund_id, later) is None
    reconciling.reconcile(later)
    assert not Chargeback.objects.exists()
    assert main(bea) == dollars(30)


@pytest.mark.rule("WDR-03")
def test_one_that_names_a_withdrawal_being_sent_waits_for_it(
    top_up: TopUp, bea: User, payments: Payments, now: datetime
) -> None:
    later = now + BOUND_FOR
    (withdrawal,) = ask(bea, dollars(20), withdrawable.route_of(top_up), now=later)
    Withdrawal.objects.update(status="sending", batch=approved(later), batch_due_at=None, next_try_at=later)
    refund = payments.refund(top_up, withdrawal.net.cents, withdrawal=str(withdrawal.pk))
    assert refunds.settle(refund, later) is None
    assert paying_out.carry_on(withdrawal.pk, later).refund_id == refund


@pytest.mark.rule("WDR-03")
@pytest.mark.parametrize("named", ["one that was given back", "none of ours"])
def test_one_that_names_a_withdrawal_which_never_sent_it_is_by_hand(
    top_up: TopUp, bea: User, payments: Payments, now: datetime, named: str
) -> None:
    later = now + BOUND_FOR
    (withdrawal,) = ask(bea, dollars(20), withdrawable.route_of(top_up), now=later)
    paying_out.stop(withdrawal.pk, "It is not yours.", later)
    number = withdrawal.pk if named == "one that was given back" else 10**9
    refunds.settle(payments.refund(top_up, 1910, withdrawal=str(number)), later)
    assert main(bea) == Money(3090)


def test_one_that_is_heard_of_before_its_payment(bea: User, payments: Payments, now: datetime) -> None:
    top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
    payments.pay(top_up)
    charge = payments.sandbox.client().v1.charges.list().data[0]
    refund = payments.sandbox.client().v1.refunds.create({"charge": charge.id})
    assert refunds.settle(refund.id, now) is not None
    assert (TopUp.objects.get().status, main(bea)) == ("paid", ZERO)


def test_one_of_nothing_of_ours_changes_nothing(top_up: TopUp, bea: User, payments: Payments, now: datetime) -> None:
    refund = payments.refund(top_up)
    TopUp.objects.update(charge_id="ch_other", status="questioned", session_id=None)
    client = payments.sandbox.client()
    intent = client.v1.payment_intents.list().data[0]
    assert intent.metadata["top_up"] == str(top_up.pk)
    assert refunds.settle(refund, now) is None
    assert refunds.settle("re_unknown", now) is None
    assert not Chargeback.objects.exists()
    TopUp.objects.update(charge_id=top_up.charge_id, status="paid", session_id=top_up.session_id)


@pytest.mark.rule("FIN-07")
@pytest.mark.parametrize(
    ("has_failed", "brought_back", "status", "left"),
    [
        (False, ZERO, "lost", ZERO),
        (True, ZERO, "lost", ZERO),  # it has failed, and its money is not here yet
        (True, dollars(50), "won", dollars(50)),
    ],
)
def test_its_payment_is_found_by_the_charge_alone_and_it_counts_as_failed_once_its_money_is_here(
    top_up: TopUp,
    bea: User,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    has_failed: bool,
    brought_back: Money,
    status: str,
    left: Money,
) -> None:
    back = (("txn_2", brought_back),) if brought_back else ()
    moved = (("txn_1", -dollars(50)), *back)
    said = provider_refunds.Refund("re_1", dollars(50), has_failed, moved, top_up.charge_id, 0, 0)
    monkeypatch.setattr(provider_refunds, "retrieve", lambda refund_id: said if refund_id == "re_1" else None)
    found = refunds.settle("re_1", now)
    assert found is not None
    assert (found.top_up_id, found.status, main(bea)) == (top_up.pk, status, left)


@pytest.mark.parametrize("kind", ["payment_failure_refund", "payment_reversal"])
def test_a_credited_payment_that_failed_after_all_is_taken_back(
    top_up: TopUp, bea: User, payments: Payments, now: datetime, kind: str
) -> None:
    spend(bea, dollars(20), now)
    movement = payments.move(kind, -5000, top_up.charge_id)
    for _again in range(2):
        reconciling.reconcile(now)
    found = Chargeback.objects.get()
    assert (main(bea), found.owed, found.dispute_id) == (ZERO, dollars(20), top_up.charge_id)
    entry = Entry.objects.get(key=f"{found.reference}:{movement}")
    assert (entry.verb, found.is_failed, found.is_sent_back, found.is_claim) == ("payment_failed", True, False, False)
    assert [event[0] for event in recorded(found)] == ["chargeback.payment_failed"]
    assert broken_after_an_hour() == set()


class TestAFailureIsToldAsOne:
    @pytest.fixture
    def failed(self, top_up: TopUp, bea: User, now: datetime) -> Chargeback:
        """The payment failed after twenty of its fifty dollars were spent."""
        spend(bea, dollars(20), now)
        return refunds.failed_payment(top_up, "txn_failed", -dollars(50), now)

    def test_by_a_notice(self, failed: Chargeback, bea: User, now: datetime) -> None:
        handing.hand_on_waiting(now=now)
        notice = Notice.objects.get(user=bea, kind="chargeback.payment_failed")
        words = Words(notice.kind, bea, notice.facts)
        for text in (words.line, words.subject, " ".join(words.body)):
            assert "failed" in text
            assert "sent back" not in text
        assert "$20.00 is owed" in " ".join(words.body)
        assert not Notice.objects.filter(kind="chargeback.sent_back").exists()

    def test_by_its_pages(self, failed: Chargeback, top_up: TopUp, bea: User, client: Client) -> None:
        client.force_login(bea)
        for page, words in (
            (top_up.get_absolute_url(), ["This payment failed after all", "Never arrived", "$50.00 never arrived"]),
            ("/balance/", ["failed after all", "Payment failed after all", "until you owe nothing more"]),
            ("/balance/top-ups/", ["Failed after all"]),
        ):
            text = client.get(page).content.decode().split("<main")[1]
            for each in words:
                assert each in text
            for wrong in ("sent back", "Sent back", "The bank"):
                assert wrong not in text

    def test_by_why_withdrawals_are_stopped(self, top_up: TopUp, bea: User, now: datetime) -> None:
        later = now + BOUND_FOR
        (waiting,) = ask(bea, dollars(40), withdrawable.route_of(top_up), now=later)
        refunds.failed_payment(top_up, "txn_failed", -dollars(50), later)
        assert Withdrawal.objects.get(pk=waiting.pk).reason.startswith("A payment of yours failed after all.")

    def test_no_bank_is_said_to_be_behind_it(self, failed: Chargeback, bea: User, now: datetime) -> None:
        assert withdrawable.claims_of(bea).exists()
        assert not withdrawable.is_claimed(bea)
        assert "A bank" not in str(withdrawable.blocks(bea, "", now)[0].sentence)

    def test_what_comes_back_of_it_cannot_go_to_a_payment_that_failed(
        self, failed: Chargeback, top_up: TopUp, bea: User, now: datetime
    ) -> None:
        assert top_up.pk in withdrawable.lost_payments().values_list("top_up", flat=True)

    def test_that_a_part_came_back_leaves_the_rest_failed(
        self, failed: Chargeback, top_up: TopUp, bea: User, now: datetime
    ) -> None:
        found = refunds.failed_payment(top_up, "txn_part", dollars(25), now)
        assert (found.status, found.owed, main(bea)) == ("lost", ZERO, dollars(5))
        assert not Notice.objects.filter(kind="chargeback.payment_came").exists()

    def test_that_it_failed_once_more(self, failed: Chargeback, top_up: TopUp, bea: User, now: datetime) -> None:
        refunds.failed_payment(top_up, "txn_came", dollars(50), now)
        (waiting,) = ask(bea, dollars(20), withdrawable.route_of(top_up), now=now + BOUND_FOR)
        found = refunds.failed_payment(top_up, "txn_again", -dollars(50), now + BOUND_FOR)
        assert (found.status, found.owed, main(bea)) == ("lost", dollars(20), ZERO)
        assert Withdrawal.objects.get(pk=waiting.pk).status == "rejected"
        kinds = [event[0] for event in recorded(found)]
        assert kinds == ["chargeback.payment_failed", "chargeback.payment_came", "chargeback.payment_failed"]

    def test_when_it_has_arrived_after_all(
        self, failed: Chargeback, top_up: TopUp, bea: User, client: Client, now: datetime
    ) -> None:
        refunds.failed_payment(top_up, "txn_came", dollars(50), now)
        found = Chargeback.objects.get()
        assert (found.status, found.owed, main(bea)) == ("won", ZERO, dollars(30))
        assert Entry.objects.get(key=f"{found.reference}:txn_came").verb == "came_back"
        kinds = ["chargeback.payment_failed", "chargeback.payment_came"]
        assert [event[0] for event in recorded(found)] == kinds
        handing.hand_on_waiting(now=now)
        notice = Notice.objects.get(user=bea, kind="chargeback.payment_came")
        assert "has arrived after all" in Words(notice.kind, bea, notice.facts).line
        client.force_login(bea)
        assert "Arrived after all" in client.get("/balance/top-ups/").content.decode()
        assert "Payment back on the balance" in client.get("/balance/").content.decode()
