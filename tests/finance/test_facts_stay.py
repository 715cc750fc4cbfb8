"""What was asked for stays as it was written, whoever has a terminal on the database (FIN-06)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from core.money import dollars
from finance.models import Batch, Chargeback, OfflinePayment, OfflineWay, PayoutDetails, TopUp, Withdrawal

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-06")]

# Of each table, what is tried: the facts, each with another value that the other guards would take.
ATTACKS = {
    "finance_topup": ["user_id = {sam}", "at = at - interval '1 day'"],
    "finance_chargeback": ["dispute_id = 'dp_other'", "at = at - interval '1 day'"],
    "finance_offlinepayment": ["user_id = {sam}", "amount = 1", "way = 'check'", "code = 'WH-1'", "at = now()"],
    "finance_withdrawal": [
        "user_id = {sam}",
        "amount = amount + 1",
        "fee = fee + 1",
        "destination = 'Visa 1111'",
        "account_id = 'acct_other'",
        "card_id = 'card_other'",
        "at = now()",
    ],
    "finance_payoutdetails": ["user_id = {sam}"],
    "finance_batch": ["date = date + 1", "part = 2"],
}


@pytest.fixture
def rows(bea: User, ledger_may_break: None, now: datetime) -> None:
    """One of each, without the entries that belong to them."""
    later = now + timedelta(hours=1)
    top_up = TopUp.objects.create(user=bea, amount=dollars(5), session_id="cs", at=now, check_due_at=later)
    Chargeback.objects.create(dispute_id="dp", top_up=top_up, amount=dollars(5), at=now, check_due_at=later)
    OfflinePayment.objects.create(user=bea, amount=dollars(50), way=OfflineWay.BANK, code="WH-0", at=now)
    batch = Batch.objects.create(date=now.date(), at=now)
    Withdrawal.objects.create(
        user=bea,
        amount=dollars(5),
        fee=dollars(1),
        destination="Visa 4242",
        account_id="acct",
        card_id="card",
        batch=batch,
        at=now,
        batch_due_at=later,
    )
    PayoutDetails.objects.create(user=bea, at=now)


@pytest.mark.parametrize("table", ATTACKS)
def test_a_fact_is_never_changed(rows: None, sam: User, table: str) -> None:
    for change in ATTACKS[table]:
        fact = change.partition(" ")[0]
        with pytest.raises(IntegrityError, match=f"{fact} of {table} is never changed"), transaction.atomic():
            _run(f"UPDATE {table} SET {change.format(sam=sam.pk)}")


@pytest.mark.parametrize("table", ATTACKS)
def test_none_is_deleted(rows: None, table: str) -> None:
    _run("SET CONSTRAINTS ALL IMMEDIATE")
    for attack in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
            _run(attack)


def test_how_it_goes_on_may_change(rows: None) -> None:
    _run("UPDATE finance_withdrawal SET tries = tries + 1, last_problem = 'try_again'")
    _run("UPDATE finance_chargeback SET why = 'fraudulent'")
    _run("UPDATE finance_topup SET last_problem = 'declined'")
    assert Withdrawal.objects.get().tries == 1


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
