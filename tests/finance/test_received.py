"""Another sum was paid than asked for: staff credits what the provider says it has received, or closes it (FIN-03)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import clock, handing
from core.money import ZERO, Money, dollars
from core.refusals import OutOfTurn
from finance import ledger, proof, provider
from finance.models import Chargeback, Document, Entry, Lot, ProviderMovement, TopUp
from finance.provider import PaymentSession, ProviderDown, claims
from finance.provider import refunds as provider_refunds
from finance.steps import reconciling, refunds, top_ups
from notifications.models import Notice
from tests.finance.records import recorded
from tests.payments import Payments

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-03")]


@pytest.fixture
def questioned(bea: User, payments: Payments, now: datetime) -> TopUp:
    """$25 were asked for, the payment page took $24."""
    top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
    payments.price(top_up, 2400)
    payments.pay(top_up)
    found = top_ups.settle(str(top_up.session_id), now)
    assert found is not None
    assert found.status == "questioned"
    return found


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def broken_after_an_hour() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE finance_providermovement SET at = at - interval '2 hours'")
    return {check.law.name for check in proof.prove().broken}


def test_it_is_known_what_has_paid_it(questioned: TopUp) -> None:
    assert questioned.charge_id
    assert (questioned.brand, questioned.last4) == ("visa", "4242")
    assert not Entry.objects.exists()


def test_what_was_received_is_credited_once_with_lot_receipt_and_notice(
    questioned: TopUp, bea: User, mo: User, now: datetime
) -> None:
    top_ups.credit(questioned.pk, " The page had an old price. ", by=mo, now=now)
    kept = TopUp.objects.get()
    assert (kept.status, kept.amount, kept.last_problem) == ("paid", dollars(24), "")
    assert main(bea) == Lot.objects.get().left == Lot.objects.get().amount == dollars(24)
    facts = {"amount_cents": 2400, "asked_cents": 2500, "reason": "The page had an old price."}
    assert recorded(kept)[-1] == ("top_up.paid", mo.pk, now, facts)
    with pytest.raises(OutOfTurn, match="it is now “Paid”"):
        top_ups.credit(kept.pk, "Once more.", by=mo, now=now)
    handing.hand_on_waiting(now=now)
    assert Document.objects.get().facts["amount"] == 2400
    assert Notice.objects.get(kind="top_up.paid").facts == {"amount_cents": 2400, "asked_cents": 2500}


@pytest.mark.rule("FIN-07")
def test_the_providers_movement_then_finds_it(questioned: TopUp, mo: User, now: datetime) -> None:
    reconciling.reconcile(now)
    assert ProviderMovement.objects.get().entry is None
    top_ups.credit(questioned.pk, "It is what was paid.", by=mo, now=now)
    reconciling.reconcile(now)
    entry = ProviderMovement.objects.get().entry
    assert entry is not None
    assert entry.key == f"top_up:{questioned.pk}:credit"
    assert broken_after_an_hour() == set()


def test_it_is_not_closed_while_its_money_is_here(questioned: TopUp, mo: User, now: datetime) -> None:
    with pytest.raises(OutOfTurn, match=r"\$24\.00 was received"):
        top_ups.close(questioned.pk, "Nothing came.", by=mo, now=now)
    assert TopUp.objects.get().status == "questioned"


@pytest.mark.rule("FIN-07")
def test_what_was_sent_back_is_closed_as_such_and_passes_through_the_books(
    questioned: TopUp, bea: User, mo: User, payments: Payments, now: datetime
) -> None:
    payments.refund(questioned)
    with pytest.raises(OutOfTurn, match="gone back"):
        top_ups.credit(questioned.pk, "It is what was paid.", by=mo, now=now)
    top_ups.close(questioned.pk, "Sent back.", by=mo, now=now)
    handing.hand_on_waiting(now=now)
    assert Notice.objects.get(kind="top_up.closed").facts == {"amount_cents": 2500, "went_back": True}
    for _again in range(2):
        reconciling.reconcile(now)
        top_ups.settle(str(questioned.session_id), now)
    assert TopUp.objects.get().status == "abandoned"
    assert main(bea) == ledger.balance(ledger.PROVIDER) == ledger.balance(ledger.BANK) == ZERO
    assert broken_after_an_hour() == set()


def test_its_page_says_that_it_was_sent_back(
    client: Client, questioned: TopUp, bea: User, mo: User, payments: Payments, now: datetime
) -> None:
    payments.refund(questioned)
    top_ups.close(questioned.pk, "Sent back.", by=mo, now=now)
    client.force_login(bea)
    shown = client.get(questioned.get_absolute_url()).content.decode()
    assert "all of it was sent back" in shown
    assert "Nothing was received" not in shown


def test_while_the_provider_is_down_nothing_is_decided_about_it(
    questioned: TopUp, mo: User, payments: Payments, now: datetime
) -> None:
    for verb in (top_ups.credit, top_ups.close):
        payments.fail()
        with pytest.raises(ProviderDown):
            verb(questioned.pk, "It is time.", by=mo, now=now)
    assert TopUp.objects.get().status == "questioned"


def test_another_currency_counts_as_what_it_was_changed_into(
    questioned: TopUp, bea: User, mo: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = provider.retrieve_checkout(str(questioned.session_id))
    assert session is not None
    says = [replace(session, currency="eur", received=ZERO), replace(session, currency="eur", received=Money(2611))]

    def answer(_session_id: str) -> PaymentSession:
        return says.pop(0)

    monkeypatch.setattr(provider, "retrieve_checkout", answer)
    with pytest.raises(OutOfTurn, match=r"24\.00 eur was paid"):
        top_ups.credit(questioned.pk, "Euros.", by=mo, now=now)
    top_ups.credit(questioned.pk, "Euros.", by=mo, now=now)
    assert main(bea) == Money(2611)


def test_the_admins_page_credits_it(client: Client, questioned: TopUp, bea: User, mo: User) -> None:
    client.force_login(mo)
    page = reverse("admin:finance_topup_change", args=[questioned.pk])
    assert "Credit what was received" in client.get(page).content.decode()
    wanted = {"decision": "credit", "reason": "It is what was paid."}
    client.post(reverse("admin:finance_topup_decide", args=[questioned.pk]), wanted)
    assert main(bea) == dollars(24)
    assert "It is what was paid." in client.get(page).content.decode()


class TestSentBackInVain:
    """It was sent back and closed, and then the payer's bank did not take it."""

    @pytest.fixture
    def closed(
        self, questioned: TopUp, mo: User, payments: Payments, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> TopUp:
        """The provider calls the refund done, as it does with cards, until the payer's bank says no."""
        payments.sandbox.control("faults", {"refund_failure": "lost_or_stolen_card"})
        payments.refund(questioned)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(provider_refunds, "UNDER_WAY", ())
            top_ups.close(questioned.pk, "Sent back.", by=mo, now=now)
            for _again in range(2):
                reconciling.reconcile(now)
        assert not ProviderMovement.objects.filter(entry=None).exists()
        payments.sandbox.control("faults")
        payments.sandbox.later()
        return TopUp.objects.get()

    @pytest.mark.parametrize("heard", ["webhook", "list", "both"])
    def test_it_is_to_be_decided_again_and_nobodys_until_then(
        self, closed: TopUp, bea: User, mo: User, payments: Payments, client: Client, now: datetime, heard: str
    ) -> None:
        later = clock.now()
        if heard != "list":
            for _again in range(2):
                assert payments.deliver(client, payments.told("refund.failed")).status_code == 200
        if heard != "webhook":
            for _again in range(2):
                reconciling.reconcile(later)
        kept = TopUp.objects.get()
        assert (kept.status, kept.check_due_at) == ("questioned", None)
        assert [event[0] for event in recorded(kept)][-2:] == ["top_up.closed", "top_up.came_back"]
        assert main(bea) == ledger.balance(ledger.BANK) == ZERO
        client.force_login(bea)
        shown = client.get(kept.get_absolute_url()).content.decode()
        assert "it did not arrive" in shown
        assert "all of it was sent back" not in shown
        top_ups.credit(kept.pk, "It is here.", by=mo, now=later)
        for _again in range(2):
            reconciling.reconcile(later)
            payments.deliver(client, payments.told("refund.failed"))
        assert main(bea) == dollars(24) == claims.held() == -ledger.balance(ledger.PROVIDER)
        assert ledger.balance(ledger.BANK) == ZERO
        assert not Chargeback.objects.exists()
        assert broken_after_an_hour() == set()

    def test_it_can_be_sent_back_once_more(self, closed: TopUp, bea: User, mo: User, payments: Payments) -> None:
        later = clock.now()
        reconciling.reconcile(later)
        payments.refund(closed)
        top_ups.close(closed.pk, "To another account.", by=mo, now=later)
        for _again in range(2):
            reconciling.reconcile(later)
            refunds.settle_all(closed.charge_id, later)
        assert TopUp.objects.get().status == "abandoned"
        assert main(bea) == ledger.balance(ledger.PROVIDER) == ledger.balance(ledger.BANK) == ZERO
        assert broken_after_an_hour() == set()

    def test_what_is_sent_back_after_the_credit_is_taken_from_the_balance(
        self, closed: TopUp, bea: User, mo: User, payments: Payments
    ) -> None:
        later = clock.now()
        reconciling.reconcile(later)
        top_ups.credit(closed.pk, "It is here.", by=mo, now=later)
        payments.refund(closed, 1000)
        for _again in range(2):
            reconciling.reconcile(later)
        assert main(bea) == dollars(14) == claims.held()
        assert broken_after_an_hour() == set()

    def test_what_is_here_in_part_is_not_credited_as_all_of_it(
        self, closed: TopUp, mo: User, payments: Payments
    ) -> None:
        later = clock.now()
        reconciling.reconcile(later)
        payments.refund(closed, 1000)
        with pytest.raises(OutOfTurn, match="A part of it has gone back"):
            top_ups.credit(closed.pk, "It is here.", by=mo, now=later)


def test_nothing_is_decided_while_it_is_on_its_way_back(
    questioned: TopUp, mo: User, payments: Payments, now: datetime
) -> None:
    payments.sandbox.control("faults", {"refund_failure": "lost_or_stolen_card"})
    payments.refund(questioned)
    for verb in (top_ups.close, top_ups.credit):
        with pytest.raises(OutOfTurn, match="on its way back"):
            verb(questioned.pk, "It is time.", by=mo, now=now)
    assert not refunds.went_back_unbooked(questioned.charge_id)
    payments.sandbox.later()
    top_ups.credit(questioned.pk, "It did not arrive.", by=mo, now=now)
    assert TopUp.objects.get().status == "paid"
