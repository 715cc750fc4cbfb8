"""Receipts and invoices: numbered one after another without gaps, never changed, seen by those whom they name (FIN-05)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from pypdf import PdfReader

from accounts.models import User
from core import handing
from core.money import dollars
from finance.documents import issuing, paper
from finance.models import Document, DocumentKind, DocumentSeries, TopUp
from finance.steps import top_ups
from orders.documents import invoice_of
from orders.models import Status
from tests.payments import Payments
from tests.races.together import together
from tests.stage import Stage, give_bonus

pytestmark = pytest.mark.rule("FIN-05")
RECEIPT = DocumentKind.RECEIPT
FACTS = {"payer": {"name": "Bea", "login": "bea"}, "amount": 100, "source": "Card", "what": "top-up", "for": "1"}


def _issue(reference: str, user: User, now: datetime) -> Document:
    facts = {**FACTS, "paid_at": now.isoformat()}
    return issuing.issue(RECEIPT, reference, user=user, facts=facts, now=now)


def _told(now: datetime) -> None:
    """What follows from what happened, as a worker does it."""
    handing.hand_on_waiting(now=now)


def _fail_after(deed: Callable[[], object]) -> None:
    """Do it in a transaction that is then rolled back."""
    with transaction.atomic():
        deed()
        raise ValueError


def _words(content: bytes) -> str:
    return " ".join("\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


class TestReceipts:
    def test_a_paid_top_up_has_a_receipt(self, client: Client, bea: User, payments: Payments, now: datetime) -> None:
        top_up = top_ups.begin(bea, dollars(25), return_to="", by=bea, now=now)
        client.force_login(bea)
        assert "Receipt (PDF)" not in client.get(top_up.get_absolute_url()).content.decode()
        payments.pay(top_up)
        assert top_up.session_id
        top_ups.settle(top_up.session_id, now)
        _told(now)
        document = Document.objects.get()
        assert (document.kind, document.number, document.user, document.other) == (RECEIPT, 1, bea, None)
        assert "Receipt (PDF)" in client.get(top_up.get_absolute_url()).content.decode()
        answer = client.get("/balance/documents/receipt/1/")
        assert answer.headers["Content-Type"] == "application/pdf"
        text = _words(answer.content)
        for words in ("Receipt R-000001", "Bea Buyer (bea)", "$25.00", f"Top-up {top_up.pk}", "No taxes are stated"):
            assert words in text

    def test_the_receipt_stays_as_it_was_issued(self, bea: User, payments: Payments, now: datetime) -> None:
        top_up = top_ups.begin(bea, dollars(25), return_to="", by=bea, now=now)
        payments.pay(top_up)
        assert top_up.session_id
        top_ups.settle(top_up.session_id, now)
        _told(now)
        first = paper.pdf(Document.objects.get())
        User.objects.filter(pk=bea.pk).update(name="Somebody Else", login="other")
        assert paper.pdf(Document.objects.get()) == first

    def test_an_unpaid_one_has_none(self, bea: User, payments: Payments, now: datetime) -> None:
        top_up = top_ups.begin(bea, dollars(25), return_to="", by=bea, now=now)
        payments.expire(top_up)
        assert top_up.session_id
        top_ups.settle(top_up.session_id, now)
        _told(now)
        assert TopUp.objects.count() == 1
        assert not Document.objects.exists()


class TestInvoices:
    def test_a_completed_order_has_one_for_both_sides(self, client: Client, stage: Stage) -> None:
        give_bonus(stage.buyer, dollars(7), now=stage.now)
        order = stage.an_order(at=Status.COMPLETED)
        _told(stage.now)
        found = invoice_of(order)
        assert found is not None
        number, document = found
        assert (number, document.user, document.other) == ("I-000001", stage.buyer, stage.seller)
        text = _words(paper.pdf(document))
        for words in ("Invoice I-000001", order.number, "Sam Seller (sam)", "Bea Buyer (bea)", "$7.00", "$43.00"):
            assert words in text
        assert "ommission" not in text
        for user in (stage.buyer, stage.seller):
            client.force_login(user)
            page = client.get(f"/orders/{order.number}/").content.decode()
            assert "Invoice I-000001 (PDF)" in page
            assert client.get("/balance/documents/invoice/1/").status_code == 200
            assert "I-000001" in client.get("/balance/documents/").content.decode()

    def test_a_split_one_says_what_was_kept_and_what_returned(self, stage: Stage) -> None:
        order = stage.an_order(at=Status.SPLIT)
        _told(stage.now)
        found = invoice_of(order)
        assert found is not None
        text = _words(paper.pdf(found[1]))
        assert "Returned to the buyer −$20.00" in text
        assert "Paid in the end $30.00" in text

    def test_a_canceled_one_and_an_open_one_have_none(self, stage: Stage) -> None:
        orders = [stage.an_order(at=at) for at in (Status.CANCELED, Status.DELIVERED)]
        _told(stage.now)
        assert [invoice_of(order) for order in orders] == [None, None]
        assert not Document.objects.filter(kind=DocumentKind.INVOICE).exists()


class TestWhoSeesThem:
    def test_strangers_find_nothing(self, client: Client, bea: User, sten: User, now: datetime) -> None:
        _issue("top-up:1", bea, now)
        assert client.get("/balance/documents/receipt/1/").status_code == 302
        client.force_login(sten)
        assert client.get("/balance/documents/receipt/1/").status_code == 404
        assert "No documents yet" in client.get("/balance/documents/").content.decode()
        client.force_login(bea)
        for path in ("receipt/2", "invoice/1", "nothing/1", "receipt/99999999999999999999"):
            assert client.get(f"/balance/documents/{path}/").status_code == 404

    def test_the_list_pages(self, client: Client, bea: User, now: datetime) -> None:
        for number in range(30):
            _issue(f"top-up:{number}", bea, now)
        client.force_login(bea)
        text = client.get("/balance/documents/", {"page": "2"}).content.decode()
        assert "R-000001" in text
        assert "R-000030" not in text


@pytest.mark.django_db(transaction=True)
class TestNumbers:
    def test_the_same_thing_has_one_document(self, bea: User, now: datetime) -> None:
        assert _issue("top-up:1", bea, now).pk == _issue("top-up:1", bea, now).pk
        assert _issue("top-up:2", bea, now).number == 2

    def test_a_number_that_was_rolled_back_is_given_again(self, bea: User, now: datetime) -> None:
        _issue("top-up:1", bea, now)
        with pytest.raises(ValueError):
            _fail_after(lambda: _issue("top-up:2", bea, now))
        assert _issue("top-up:3", bea, now).number == 2

    def test_many_at_once_leave_no_gap_even_when_some_fail(self, bea: User, now: datetime) -> None:
        def one(number: int) -> None:
            if number % 3:
                _issue(f"top-up:{number}", bea, now)
            else:
                _fail_after(lambda: _issue(f"top-up:{number}", bea, now))

        together(*[lambda number=number: one(number) for number in range(12)])
        numbers = list(Document.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, 9))
        assert DocumentSeries.objects.get(kind=RECEIPT).last == 8

    def test_many_at_once_for_the_same_thing_make_one(self, bea: User, now: datetime) -> None:
        outcomes = together(*[lambda: _issue("top-up:1", bea, now).number] * 6)
        assert outcomes == [1] * 6
        assert Document.objects.count() == 1

    def test_without_the_lock_they_meet_on_one_number(
        self, bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The control: reading the last number without the lock; the database refuses the second of two equal numbers."""
        DocumentSeries.objects.create(kind=RECEIPT)
        met = Barrier(2)

        def unlocked(kind: DocumentKind) -> int:
            number = DocumentSeries.objects.get(kind=kind).last + 1
            met.wait(10)
            return number

        monkeypatch.setattr(issuing, "_next_number", unlocked)
        outcomes = together(*[lambda number=number: _issue(f"top-up:{number}", bea, now).number for number in (1, 2)])
        assert sum(isinstance(each, IntegrityError) for each in outcomes) == 1, outcomes

    def test_a_sequence_would_leave_a_gap(self, bea: User) -> None:
        """The other control: what the database offers for numbers forgets nothing that was rolled back."""
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP SEQUENCE numbers")
            with pytest.raises(ValueError):
                _fail_after(lambda: cursor.execute("SELECT nextval('numbers')"))
            cursor.execute("SELECT nextval('numbers')")
            assert cursor.fetchone() == (2,)

    @pytest.mark.parametrize("attack", ["UPDATE {} SET number = 7", "DELETE FROM {}", "TRUNCATE {}"])
    def test_a_document_is_never_changed(self, bea: User, now: datetime, attack: str) -> None:
        _issue("top-up:1", bea, now)
        with pytest.raises(IntegrityError, match="never changed"), connection.cursor() as cursor:
            cursor.execute(attack.format("finance_document"))
