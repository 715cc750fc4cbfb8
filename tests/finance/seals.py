"""Days of the ledger for the tests of seals: entries at their moments, a second connection, forging hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import psycopg
from django.db import connection, connections, transaction

from accounts.models import User
from core.money import Money, dollars
from finance import ledger
from finance.models import Entry

DAY = timedelta(days=1)
ONE = dollars(1)
_numbers = count(1)


def earn(user: User, amount: Money = ONE, *, now: datetime) -> Entry:
    """Money on the main balance."""
    lines = {ledger.PROVIDER: -amount, ledger.main_of(user): amount}
    return ledger.post(f"test:given:{next(_numbers)}", "top_up", lines, reference="12345678", by=user, now=now)


@contextmanager
def second_connection() -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own, whose transaction ends when the test says so."""
    settings = connections["default"].settings_dict
    with psycopg.connect(
        host=settings["OPTIONS"].get("host") or settings["HOST"],
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        dbname=settings["NAME"],
    ) as found:
        yield found


def post_raw(other: psycopg.Connection[Any], user: User, *, at: datetime) -> str:
    """An honest entry of one dollar in the other connection's open transaction; gives its key."""
    key = f"test:raw:{next(_numbers)}"
    other.execute(
        "INSERT INTO finance_entry (key, verb, reference, at, txid) VALUES (%s, 'top_up', '', %s, 0)", [key, at]
    )
    for account, cents in ((f"user:{user.pk}:main", 100), ("provider:stripe", -100)):
        other.execute(
            "INSERT INTO finance_posting (entry_id, account_id, amount) SELECT"
            " (SELECT id FROM finance_entry WHERE key = %s), (SELECT id FROM finance_account WHERE key = %s), %s",
            [key, account, cents],
        )
    return key


def forge(statement: str, *values: int | str | datetime) -> None:
    """Change rows with the guards off, as only the database's owner can."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
