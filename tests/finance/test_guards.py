"""Attacks on the ledger in plain SQL, past all of our code: the database itself refuses each (FIN-06)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
import pytest
from django.db import connections, transaction

from accounts.models import User
from core.money import dollars
from finance import escrow
from tests.stage import give, give_bonus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06")]

Row = tuple[Any, ...]

ENTRY = "INSERT INTO finance_entry (key, verb, reference, at, txid) VALUES ('attack', 'bonus', '', now(), 0)"
LINE = """
INSERT INTO finance_posting (entry_id, account_id, amount)
SELECT (SELECT id FROM finance_entry WHERE key = %s), (SELECT id FROM finance_account WHERE key = %s), %s
"""


@dataclass(frozen=True)
class Psql:
    """A connection of its own, as from a terminal; every attack is one transaction and is committed at its end."""

    connection: psycopg.Connection[Row]
    main: str
    bonus: str
    escrow: str = "escrow:order:1"

    def attack(self, *statements: tuple[LiteralString, Row] | LiteralString) -> None:
        with self.connection.transaction():
            for statement in statements:
                sql, values = (statement, None) if isinstance(statement, str) else statement
                self.connection.execute(sql, values)

    def books(self) -> list[list[Row]]:
        """Every row of the ledger."""
        tables: list[LiteralString] = ["finance_account", "finance_entry", "finance_posting"]
        return [self.connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in tables]


@pytest.fixture
def psql(bea: User, now: datetime) -> Iterator[Psql]:
    """Bea has $20 on main, $5 of bonus and $30 in escrow."""
    give(bea, dollars(50), now=now)
    give_bonus(bea, dollars(5), now=now)
    with transaction.atomic():
        escrow.hold("order:1", bea, dollars(30), bonus_first=False, reference="1", by=bea, now=now)
    settings = connections["default"].settings_dict
    with psycopg.connect(
        host=settings["OPTIONS"].get("host") or settings["HOST"],
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        dbname=settings["NAME"],
        autocommit=True,
    ) as connection:
        yield Psql(connection, f"user:{bea.pk}:main", f"user:{bea.pk}:bonus")


def _refused(psql: Psql, why: str, *statements: tuple[LiteralString, Row] | LiteralString) -> None:
    """The attack fails with these words, and not a byte of the books has changed."""
    before = psql.books()
    with pytest.raises(psycopg.IntegrityError, match=why):
        psql.attack(*statements)
    assert psql.books() == before


def test_an_honest_entry_is_taken(psql: Psql) -> None:
    """What the attacks below look like when there is nothing wrong with them."""
    psql.attack(ENTRY, (LINE, ("attack", psql.main, -500)), (LINE, ("attack", psql.bonus, 500)))
    balance = psql.connection.execute("SELECT balance FROM finance_account WHERE key = %s", [psql.main]).fetchone()
    assert balance == (1500,)


def test_an_unbalanced_entry(psql: Psql) -> None:
    _refused(
        psql,
        "does not balance",
        ENTRY,
        (LINE, ("attack", psql.main, 500)),
        (LINE, ("attack", psql.bonus, -499)),
    )


def test_an_entry_with_a_single_posting(psql: Psql) -> None:
    _refused(psql, "does not balance", ENTRY, (LINE, ("attack", psql.main, 500)))


def test_an_entry_without_postings(psql: Psql) -> None:
    _refused(psql, "does not balance", ENTRY)


def test_checking_early_and_posting_once_more(psql: Psql) -> None:
    """An entry that balances is checked in the middle of the transaction; then it gets a line more."""
    _refused(
        psql,
        "does not balance|changes only through postings",
        ENTRY,
        (LINE, ("attack", psql.bonus, -100)),
        (LINE, ("attack", psql.main, 100)),
        "SET CONSTRAINTS ALL IMMEDIATE",
        (LINE, ("attack", psql.escrow, 100_000)),
    )


def test_adding_to_a_committed_entry(psql: Psql) -> None:
    _refused(
        psql,
        "takes no more postings",
        (LINE, ("order:1:hold", psql.bonus, 100)),
    )


def test_adding_to_a_committed_entry_under_a_borrowed_transaction(psql: Psql) -> None:
    """The number of the transaction is the database's own, whatever the statement says."""
    psql.attack(
        "INSERT INTO finance_entry (key, verb, reference, at, txid)"
        " VALUES ('honest', 'bonus', '', now(), pg_current_xact_id()::text::bigint + 1)",
        (LINE, ("honest", psql.main, -500)),
        (LINE, ("honest", psql.bonus, 500)),
    )
    _refused(psql, "takes no more postings", (LINE, ("honest", psql.escrow, 1)))


@pytest.mark.parametrize("table", ["finance_posting", "finance_entry", "finance_account"])
@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM {}",
        "DELETE FROM {} WHERE false",
        "TRUNCATE {} CASCADE",
        "UPDATE {} SET id = id + 1000",
    ],
)
def test_deleting_emptying_and_renumbering(psql: Psql, table: str, attack: LiteralString) -> None:
    statement = psycopg.sql.SQL(attack).format(psycopg.sql.Identifier(table)).as_string()
    _refused(psql, "never changed or deleted|changes only through postings", statement)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE finance_posting SET amount = amount * 2",
        "UPDATE finance_posting SET balance_after = 0",
        "UPDATE finance_posting SET account_id = (SELECT min(id) FROM finance_account)",
        "UPDATE finance_entry SET key = key || '!'",
        "UPDATE finance_entry SET verb = 'bonus'",
        "UPDATE finance_entry SET at = now()",
        "UPDATE finance_entry SET txid = pg_current_xact_id()::text::bigint",
    ],
)
def test_editing_a_posting_or_an_entry(psql: Psql, attack: LiteralString) -> None:
    _refused(psql, "never changed or deleted", attack)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE finance_account SET balance = balance + 100000 WHERE kind = 'main'",
        "UPDATE finance_account SET kind = 'commission', kept = false, owner_id = NULL WHERE kind = 'main'",
        "UPDATE finance_account SET kept = false, owner_id = NULL",
        "UPDATE finance_account SET owner_id = NULL",
        "UPDATE finance_account SET key = 'user:0:main' WHERE kind = 'main'",
    ],
)
def test_editing_an_account(psql: Psql, attack: LiteralString) -> None:
    _refused(psql, "changes only through postings", attack)


def test_editing_an_account_by_inserting_it_again(psql: Psql) -> None:
    _refused(
        psql,
        "changes only through postings",
        "INSERT INTO finance_account (key, kind, kept, balance, owner_id) SELECT key, kind, kept, 0, owner_id"
        " FROM finance_account WHERE kind = 'main' ON CONFLICT (key) DO UPDATE SET balance = 999999",
    )


@pytest.mark.parametrize(("account", "cents"), [("main", 2001), ("bonus", 501), ("escrow", 3001)])
def test_overdrawing_a_user_or_an_escrow(psql: Psql, account: str, cents: int) -> None:
    _refused(
        psql,
        "kept_account_never_below_zero",
        ENTRY,
        (LINE, ("attack", getattr(psql, account), -cents)),
        (LINE, ("attack", "provider:stripe", cents)),
    )


def test_a_key_used_before(psql: Psql) -> None:
    _refused(
        psql,
        "key_used_once",
        "INSERT INTO finance_entry (key, verb, reference, at, txid) VALUES ('order:1:hold', 'hold', '', now(), 0)",
    )


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ("('user:0:main', 'main', true, 100, 1)", "opens empty"),
        ("('user:0:main', 'main', false, 0, NULL)", "kept_follows_kind"),
        ("('user:0:main', 'commission', true, 0, 1)", "kept_follows_kind"),
        ("('user:0:main', 'main', true, 0, NULL)", "kept_accounts_have_owners"),
        ("('platform:mine', 'commission', false, 0, 1)", "kept_accounts_have_owners"),
        ("('provider:stripe', 'provider', false, 0, NULL)", "one_account_per_key"),
    ],
)
def test_opening_an_account_that_cannot_be(psql: Psql, values: str, why: str) -> None:
    statement = f"INSERT INTO finance_account (key, kind, kept, balance, owner_id) VALUES {values}"
    _refused(psql, why, statement)


def test_a_posting_over_nothing(psql: Psql) -> None:
    _refused(psql, "posting_moves_something", ENTRY, (LINE, ("attack", psql.main, 0)))


def test_two_lines_on_one_account(psql: Psql) -> None:
    _refused(
        psql,
        "one_line_per_account",
        ENTRY,
        (LINE, ("attack", psql.main, 100)),
        (LINE, ("attack", psql.main, -100)),
    )


def test_an_account_with_money_cannot_lose_its_owner(psql: Psql) -> None:
    _refused(
        psql,
        'on table "finance_account"',
        "DELETE FROM account_emailaddress",
        "DELETE FROM accounts_user WHERE login = 'bea'",
    )


def test_saying_what_the_balance_after_is(psql: Psql) -> None:
    """The database writes it, and the number of the posting, itself."""
    psql.attack(
        ENTRY,
        (
            "INSERT INTO finance_posting (id, entry_id, account_id, amount, balance_after)"
            " SELECT 1000000, e.id, a.id, -100, 99999999 FROM finance_entry e, finance_account a"
            " WHERE e.key = 'attack' AND a.key = %s",
            (psql.main,),
        ),
        (LINE, ("attack", psql.bonus, 100)),
    )
    found = psql.connection.execute("SELECT max(id) < 1000000, max(balance_after) FROM finance_posting").fetchone()
    assert found == (True, 5000)


TRAPDOOR: tuple[LiteralString, ...] = (
    "CREATE TEMP TABLE trapdoor (n int)",
    "CREATE FUNCTION pg_temp.open_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " UPDATE finance_account SET balance = balance + 1000000 WHERE kind = 'main'; RETURN NULL; END $$",
    "CREATE TRIGGER opens AFTER INSERT ON trapdoor FOR EACH ROW EXECUTE FUNCTION pg_temp.open_it()",
    "INSERT INTO trapdoor VALUES (1)",
)


def test_a_balance_changed_from_within_a_trigger_of_ones_own_is_found_at_commit(psql: Psql) -> None:
    _refused(psql, "changes only through postings", *TRAPDOOR)


def test_a_posting_does_not_cover_up_a_balance_changed_before_it(psql: Psql) -> None:
    lines = (LINE, ("attack", psql.main, -500)), (LINE, ("attack", psql.bonus, 500))
    _refused(psql, "follows from the one before", *TRAPDOOR, ENTRY, *lines)
