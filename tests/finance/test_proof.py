"""The proof holds for real stories, and finds each kind of broken book."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.money import ZERO, dollars
from finance.laws import books, escrows, lots, top_ups
from finance.models import AccountKind, Entry
from finance.proof import breaches, prove
from orders import laws as order_laws
from orders.models import Status
from tests.stage import Stage, give, give_bonus

FORGERIES = {
    "total": "UPDATE finance_posting SET amount = amount + 1 WHERE id = (SELECT max(id) FROM finance_posting)",
    "entries": "DELETE FROM finance_posting WHERE id = (SELECT max(id) FROM finance_posting)",
    "balances": "UPDATE finance_account SET balance = balance + 1 WHERE kind = 'main'",
    "chains": "UPDATE finance_posting SET balance_after = balance_after + 1 WHERE balance_after IS NOT NULL",
    "overdrawn": "UPDATE finance_posting SET balance_after = -1 WHERE balance_after IS NOT NULL",
    "escrows": "UPDATE finance_entry SET verb = 'bonus' WHERE verb = 'hold'",
    "refunds": "UPDATE finance_entry SET verb = 'refund' WHERE verb = 'split'",
    "top-ups": """
        INSERT INTO finance_topup (user_id, amount, status, return_to, payment_url, payment_intent, charge_id, method, brand,
            last4, fingerprint, last_problem, at, settled_at)
        SELECT owner_id, 500, 'paid', '', '', '', '', '', '', '', '', '', now(), now() FROM finance_account
        WHERE kind = 'main' LIMIT 1
    """,
    "lots": 'INSERT INTO finance_lot (top_up_id, account_id, amount, "left", at, free_at) SELECT 0, max(id), 5, 5, now(), now()'
    " FROM finance_account WHERE kind = 'main'",
    "lots-within": 'INSERT INTO finance_lot (top_up_id, account_id, amount, "left", at, free_at)'
    " SELECT 0, max(id), 99999999, 99999999, now(), now() FROM finance_account WHERE kind = 'main'",
    "orders": "UPDATE orders_order SET total = total + 1",
}


def _forge(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what was honest so far has been checked
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def _told_lines(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


@pytest.fixture
def story(stage: Stage, now: datetime) -> Stage:
    """Orders in every state, bonus money among them."""
    give_bonus(stage.buyer, dollars(7), now=now)
    for status in Status:
        stage.an_order(at=status)
    return stage  # the one that was split: $20 of the $50 went back, $24 to the seller, $6 to commission


@pytest.mark.rule("FIN-07")
def test_the_proof_shows_where_the_money_is(story: Stage) -> None:
    proof = prove()
    assert proof.holds
    assert proof.sums[AccountKind.COMMISSION] == dollars(10) + dollars(6)
    assert proof.sums[AccountKind.ESCROW] == dollars(150)
    assert proof.at_provider == dollars(300)
    assert proof.owed + proof.sums[AccountKind.COMMISSION] + proof.sums[AccountKind.PROMOTION] == proof.at_provider
    assert proof.entries == Entry.objects.count() == 16


@pytest.mark.rule("FIN-07")
def test_an_empty_ledger_is_proven(db: None) -> None:
    proof = prove()
    assert proof.holds
    assert set(proof.sums.values()) == {ZERO}


def test_every_law_is_tried() -> None:
    """Those of withdrawals and referrals are tried in test_laws_of_money_out.py, which counts all of them."""
    laws = (*books.LAWS, *escrows.LAWS, *top_ups.LAWS, *lots.LAWS, *order_laws.LAWS)
    assert {law.name for law in laws} == set(FORGERIES)


@pytest.mark.rule("FIN-07")
def test_each_broken_law_is_found(story: Stage, ledger_may_break: None) -> None:
    """With the guards off, as only the database's owner can have them."""
    for name, forgery in FORGERIES.items():
        with transaction.atomic():
            _forge(forgery)
            assert [line for line in breaches() if line.startswith(f"{name}: ")], name
            broken = next(check for check in prove().checks if check.law.name == name)
            assert not broken.holds, name
            assert broken.examples, name
            transaction.set_rollback(True)
    assert breaches() == []


@pytest.mark.rule("FIN-07")
def test_the_command_prints_the_proof(story: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("prove_ledger")
    out = _told_lines(capsys)
    assert "The ledger is proven: 16 entries." in out
    assert "$300.00" in out
    assert "BROKEN" not in out


@pytest.mark.rule("FIN-07")
def test_the_command_fails_on_broken_books(
    story: Stage, ledger_may_break: None, capsys: pytest.CaptureFixture[str]
) -> None:
    _forge(FORGERIES["balances"])
    with pytest.raises(SystemExit) as ended:
        call_command("prove_ledger")
    assert ended.value.code == 1
    assert "BROKEN" in _told_lines(capsys)


@pytest.mark.rule("FIN-07")
def test_staff_see_the_proof_and_others_do_not(story: Stage, client: Client, mo: User, ada: User) -> None:
    page = reverse("admin:finance_proof")
    client.force_login(story.buyer)
    assert client.get(page).status_code == 302
    client.force_login(ada)
    assert client.get(page).status_code == 403
    client.force_login(mo)
    answer = client.get(page)
    assert answer.status_code == 200
    assert "The ledger is proven: 16 entries" in answer.content.decode()
    assert "$300.00" in answer.content.decode()


@pytest.mark.rule("FIN-06")
@pytest.mark.parametrize("model", ["account", "entry", "posting", "topup"])
def test_the_admin_only_looks(client: Client, mo: User, now: datetime, model: str) -> None:
    give(mo, dollars(5), now=now)
    client.force_login(mo)
    listed = client.get(reverse(f"admin:finance_{model}_changelist"))
    assert listed.status_code == 200
    assert client.get(reverse(f"admin:finance_{model}_add")).status_code == 403


def test_the_statement_of_all_laws_is_planned_once(story: Stage) -> None:
    """It runs after every test of the suite, and planning it takes ten times longer than its run."""
    assert breaches() == []
    with CaptureQueriesContext(connection) as asked:
        assert breaches() == []
    assert not [query for query in asked if "PARTITION BY" in query["sql"]]
