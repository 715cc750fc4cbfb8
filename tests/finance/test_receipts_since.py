"""A receipt says what became of its payment since: on the sheet, on the list, and on the page of the payment (FIN-05)."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from accounts.models import User
from core import handing
from core.money import ZERO, dollars
from finance import ledger
from finance.documents import issuing, paper, since
from finance.models import Document, DocumentKind, OfflineWay, Posting, TopUp
from finance.rules import BOUND_FOR, payment_date
from finance.steps import offline, reconciling, refunds
from orders.models import Status
from tests.finance.announced import came
from tests.finance.cards import by_card, claimed, of, won
from tests.payments import Payments
from tests.stage import Stage
from tests.withdrawing import ask, paid_in, send

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-05", "FIN-03")]
HOUR = timedelta(hours=1)
NOTHING = "Nothing of this payment remains."


@pytest.fixture
def ben(mo: User) -> User:
    return User.objects.create_superuser("ben", "ben@example.org")


def receipt(now: datetime) -> Document:
    """The only receipt, once what follows from what happened has followed."""
    handing.hand_on_waiting(now=now)
    return Document.objects.get(kind=DocumentKind.RECEIPT)


def sheet(document: Document) -> str:
    found = since.of_receipts([document]).get(document.pk)
    return " ".join(
        "\n".join(page.extract_text() for page in PdfReader(BytesIO(paper.pdf(document, found))).pages).split()
    )


def test_of_a_payment_that_stands_it_says_nothing(bea: User, now: datetime) -> None:
    by_card(bea, dollars(50), now=now)
    document = receipt(now)
    assert since.of_receipts([document]) == {}
    text = sheet(document)
    for words in ("remain", "Undone", "taken back"):
        assert words not in text


def test_a_claim_is_told_with_its_day_sum_and_number(client: Client, bea: User, now: datetime) -> None:
    lot = by_card(bea, dollars(50), now=now)
    before = paper.pdf(receipt(now))
    claimed(lot, now=now + 30 * HOUR)
    document = receipt(now)
    text = sheet(document)
    number = f"dp_{of(lot).pk}"
    for words in (
        "Receipt R-000001",
        NOTHING,
        f"Mar 3, 2026, 3:00 PM UTC: $50.00 was taken back by the payer's bank, claim {number}.",
        "Amount $50.00",
        "Undone since −$50.00",
        "Remains $0.00",
    ):
        assert words in text
    assert paper.pdf(document) == before  # what was issued is as it was
    client.force_login(bea)
    assert NOTHING in client.get("/balance/documents/").content.decode()
    assert NOTHING in client.get(of(lot).get_absolute_url()).content.decode()
    shown = client.get("/balance/documents/receipt/1/").content
    assert shown == paper.pdf(document, since.of_receipts([document])[document.pk])


def test_a_claim_that_was_decided_for_us_stands_again(bea: User, now: datetime) -> None:
    lot = by_card(bea, dollars(50), now=now)
    claimed(lot, now=now + HOUR)
    won(lot, now=now + 2 * HOUR)
    document = receipt(now)
    became = since.of_receipts([document])[document.pk]
    assert [turn.amount for turn in became.turns] == [dollars(50), -dollars(50)]
    assert (became.gone, became.remains) == (ZERO, dollars(50))
    text = sheet(document)
    assert "All of it stands again." in text
    assert f"$50.00 was returned by the payer's bank, claim dp_{of(lot).pk}." in text
    assert "Undone" not in text


def test_an_announced_payment_that_was_taken_back_says_why(
    client: Client, bea: User, mo: User, ben: User, now: datetime
) -> None:
    payment = came(bea, dollars(300), mo, way=OfflineWay.CHECK, now=now)
    came(bea, dollars(60), mo, way=OfflineWay.BANK, now=now)
    offline.take_back(payment.pk, "The check bounced.", by=ben, now=now + HOUR)
    handing.hand_on_waiting(now=now)
    first, second = Document.objects.order_by("id")
    text = sheet(first)
    assert NOTHING in text
    assert f"$300.00 was taken back, number {payment.chargeback.pk}. The reason: The check bounced." in text
    assert "remain" not in sheet(second)
    client.force_login(bea)
    assert client.get("/balance/documents/").content.decode().count(NOTHING) == 1


@pytest.mark.parametrize("arrives", [True, False])
def test_what_was_refunded_in_part_remains_in_part(bea: User, payments: Payments, now: datetime, arrives: bool) -> None:
    top_up = paid_in(payments, bea, dollars(50), now=now)
    if not arrives:
        payments.sandbox.control("faults", {"refund_failure": "lost_or_stolen_card"})
    refund = payments.refund(top_up, 2_000)
    refunds.settle(refund, now)
    document = receipt(now)
    text = sheet(document)
    assert f"$20.00 was sent back to what it was paid with, refund {refund}." in text
    assert "$30.00 of this payment remains." in text
    if not arrives:
        payments.sandbox.later()
        refunds.settle(refund, now + HOUR)
        text = sheet(document)
        assert f"$20.00 could not be sent back and is on the balance again, refund {refund}." in text
        assert "All of it stands again." in text


def test_one_that_failed_after_it_was_credited_never_arrived(bea: User, payments: Payments, now: datetime) -> None:
    top_up = paid_in(payments, bea, dollars(50), now=now)
    payments.move("payment_failure_refund", -5_000, top_up.charge_id)
    reconciling.reconcile(now)
    text = sheet(receipt(now))
    assert f"$50.00 never arrived: the payment failed after it was credited, charge {top_up.charge_id}." in text
    assert "sent back" not in text
    refunds.failed_payment(top_up, "txn_again", dollars(50), now)
    text = sheet(receipt(now))
    assert f"$50.00 has arrived after all, charge {top_up.charge_id}." in text
    assert "All of it stands again." in text


@pytest.mark.rule("WDR-02")
def test_what_its_payer_had_sent_back_is_told_too(
    bea: User, mo: User, ben: User, payments: Payments, now: datetime
) -> None:
    top_up = paid_in(payments, bea, dollars(50), now=now)
    later = now + BOUND_FOR
    (withdrawal,) = ask(bea, dollars(20), f"card-{top_up.fingerprint}", now=later)
    assert since.of_receipts([receipt(now)]) == {}
    send(payments, withdrawal, mo, ben, now=payment_date(later))
    text = sheet(receipt(now))
    told = f"$19.10 was withdrawn to what it was paid with, withdrawal {withdrawal.pk}, and $0.90 was the fee for it."
    assert told in text
    assert "$30.00 of this payment remains." in text
    assert "Amount $50.00 Undone since −$19.10 Fees for withdrawing it −$0.90 Remains $30.00" in text
    moved = Posting.objects.filter(entry__reference=withdrawal.reference, account__key=ledger.PROVIDER.key)
    assert since.of_receipts([receipt(now)])[receipt(now).pk].undone == moved.get().amount


@pytest.mark.rule("WDR-02")
def test_of_what_was_withdrawn_wholly_nothing_remains(
    bea: User, mo: User, ben: User, payments: Payments, now: datetime
) -> None:
    top_up = paid_in(payments, bea, dollars(50), now=now)
    later = now + BOUND_FOR
    (withdrawal,) = ask(bea, dollars(50), f"card-{top_up.fingerprint}", now=later)
    send(payments, withdrawal, mo, ben, now=payment_date(later))
    text = sheet(receipt(now))
    assert NOTHING in text
    assert "Amount $50.00 Undone since −$47.75 Fees for withdrawing it −$2.25 Remains $0.00" in text
    assert ledger.balance(ledger.main_of(bea)) == ZERO


def test_an_invoice_is_no_receipt(stage: Stage) -> None:
    stage.an_order(at=Status.COMPLETED)
    handing.hand_on_waiting(now=stage.now)
    document = Document.objects.get(kind=DocumentKind.INVOICE)
    with CaptureQueriesContext(connection) as asked:
        assert since.of_receipts([document]) == {}
    assert len(asked) == 0


def test_a_long_list_asks_no_more(bea: User, now: datetime) -> None:
    made = []
    for _each in range(3):
        lot = by_card(bea, dollars(50), now=now)
        claimed(lot, now=now)
        facts = {"amount": 5_000}
        made.append(issuing.issue(DocumentKind.RECEIPT, of(lot).reference, user=bea, facts=facts, now=now))
    with CaptureQueriesContext(connection) as asked:
        found = since.of_receipts(made)
    assert len(found) == TopUp.objects.count() == 3
    assert len(asked) == 3
