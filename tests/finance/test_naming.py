"""Page and files say in the same words what a movement was for; what is sealed of it stays as it is (FIN-05, FIN-06)."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from io import BytesIO, StringIO

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from accounts.models import User
from core.money import dollars
from finance import escrow
from finance.forms_movements import MovementFilter
from finance.models import Chargeback, Entry, OfflinePayment, PromoCode, TopUp, Verb, Withdrawal
from finance.queries import history
from finance.queries.naming import Named, name_of
from finance.seals.sealing import seal_what_is_over
from finance.steps import promo
from finance.verifier import verify
from tests.finance.announced import came
from tests.finance.cards import an_earner, by_card, claimed
from tests.finance.seals import DAY
from tests.withdrawing import ask

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-05")]


@pytest.fixture
def moved(bea: User, mo: User, now: datetime) -> list[str]:
    """Bea's balance has moved for one thing of each kind; their names, in that order."""
    earner = an_earner(bea, now=now)
    lot = by_card(bea, dollars(40), now=now)
    announced = came(bea, dollars(60), mo, now=now)
    code = PromoCode(code="WELCOME", amount=dollars(5), valid_from=now, valid_until=now + DAY, most_uses=3)
    promo.keep(code, ["code"], by=mo, now=now)
    promo.redeem(code.code, by=bea, now=now)
    with transaction.atomic():
        escrow.hold("order:1", bea, dollars(10), reference="12345678", by=bea, now=now)
    ask(earner, dollars(20), now=now)
    claimed(lot, now=now)
    return [
        f"Top-up {TopUp.objects.latest('pk').pk}",
        f"Announced payment {announced.code}",
        "Code WELCOME",
        "Order 12345678",
        f"Withdrawal {Withdrawal.objects.latest('pk').pk}",
        f"The bank’s claim {Chargeback.objects.get().pk}",
    ]


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_page_table_and_document_say_the_same(client: Client, bea: User, moved: list[str]) -> None:
    client.force_login(bea)
    page = plain(client.get("/balance/").content.decode())
    content = b"".join(client.get("/balance/statement.csv")).decode()
    listed = [line[3] for line in csv.reader(StringIO(content))]
    pages = PdfReader(BytesIO(client.get("/balance/statement.pdf").content)).pages
    document = " ".join(" ".join(each.extract_text() for each in pages).split())
    for name in moved:
        assert name in page
        assert name in listed
        assert name in document
    for reference in Entry.objects.filter(reference__contains=":").values_list("reference", flat=True):
        assert reference not in content
        assert reference not in document


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("FIN-06")
def test_what_the_proof_is_made_of_keeps_the_ledgers_references(
    client: Client, bea: User, moved: list[str], now: datetime
) -> None:
    seal_what_is_over(now + 2 * DAY)
    client.force_login(bea)
    found = client.get("/balance/statement.json").json()
    verdict = verify(found, client.get("/proof/roots.json").json())
    assert (verdict.problems, verdict.unproven, verdict.waiting) == ([], [], [])
    assert len(verdict.proven) == len(found["lines"]) >= len(moved)
    payment = OfflinePayment.objects.get()
    assert payment.reference in {line["reference"] for line in found["lines"]}


def test_the_table_asks_once_a_batch_for_the_codes(bea: User, mo: User, now: datetime) -> None:
    for _ in range(3):
        came(bea, dollars(30), mo, now=now)
    with CaptureQueriesContext(connection) as asked:
        lines = list(history.oldest_first(bea, history.Wanted()))
    assert sorted(line.code for line in lines) == sorted(OfflinePayment.objects.values_list("code", flat=True))
    assert sum('"code"' in query["sql"] for query in asked) == 1


@pytest.mark.parametrize(
    ("verb", "reference", "name"),
    [
        ("taken_back", "chargeback:3", Named("The payment taken back", "3", "chargeback", 3)),
        ("chargeback_back", "chargeback:3", Named("The bank’s claim", "3", "chargeback", 3)),
        ("referral", "12345678", Named("Order", "12345678", "", "12345678")),
        ("fee_paid", "12345678", Named("Order", "12345678", "", "12345678")),
        ("release", "12345678", Named("Order", "12345678", "order", "12345678")),
        ("bonus", "", Named("")),
        ("top_up", "other:3", Named("other:3")),
        ("top_up", "top-up:x", Named("top-up:x")),
    ],
)
def test_each_kind_has_its_name_and_page(verb: str, reference: str, name: Named) -> None:
    assert name_of(verb, reference) == name


def test_the_filter_offers_what_can_move_ones_own_balance() -> None:
    offered = {value for value, _label in MovementFilter().fields["kind"].choices}  # type: ignore[attr-defined]
    assert set(Verb) - offered == {Verb.PAYOUT, Verb.WRITTEN_OFF, Verb.PROVIDER_FEE, Verb.MOVED}
