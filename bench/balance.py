"""The balance of somebody with a long history, next to one with a short one: pages, filters, files, sealing and proving."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from bench.fill import Filled
from finance import ledger
from finance.models import Account, AccountKind, Posting
from finance.proof import prove
from finance.seals.sealing import seal_what_is_over

SHORT = 10
TIMES = 9
DAYS = 365

# What so many payments of a dollar would have booked over a year. The triggers are off, because
# they would do it one by one; the proof at the end says whether this is what they would have written.
HISTORY = """
WITH entries AS (
    INSERT INTO finance_entry (key, verb, reference, at, txid)
    SELECT 'bench:' || %(login)s || ':' || n, CASE WHEN n %% 10000 = 0 THEN 'refund' ELSE 'top_up' END, n::text,
        %(since)s + (%(until)s - %(since)s) * n / %(count)s, pg_current_xact_id()::text::bigint
    FROM generate_series(1, %(count)s) AS n ORDER BY n
    RETURNING id, key
), numbered AS (SELECT id, split_part(key, ':', 3)::bigint AS n FROM entries)
INSERT INTO finance_posting (entry_id, account_id, amount, balance_after)
SELECT id, account, amount, after FROM (
    SELECT id, n, 1 AS line, %(main)s AS account, 100 AS amount, 100 * n AS after FROM numbered
    UNION ALL SELECT id, n, 2, %(provider)s, -100, NULL FROM numbered
) AS lines ORDER BY n, line
"""


def measure(_filled: Filled, *, movements: int) -> None:
    """Print the median time of each thing for a history of ten movements and for one of so many."""
    logging.disable(logging.INFO)
    now = timezone.now()
    until = now - timedelta(days=1)
    users = [_with(login, count, until=until) for login, count in (("short", SHORT), ("long", movements))]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    short, long = map(_signed_in, users)
    print(f"{'balance, median ms':<44}{SHORT:>12}{movements:>14,}{'ratio':>12}")
    month = f"{until - timedelta(days=200):%Y-%m}"
    of_month = f"?from={month}-01&to={month}-02"
    for name, path in (
        ("first page", "/balance/"),
        ("a page in the middle", f"/balance/?before={_middle(users[1])}"),
        ("two days half a year ago", f"/balance/{of_month}"),
        ("a rare kind", "/balance/?kind=refund"),
        ("a kind that never was", "/balance/?kind=split"),
        ("one order", "/balance/?reference=7"),
    ):
        _line(name, path, short, long)
    _took("table (CSV) of everything", lambda: _ask(long, "/balance/statement.csv").count(b"\n"))
    _took("statement of two days (PDF), bytes", lambda: len(_ask(long, f"/balance/statement.pdf{of_month}")))
    _took(f"one day sealed, with {2 * movements:,} lines", lambda: seal_what_is_over(now + timedelta(days=1)))
    _took("statement with proof of two days", lambda: len(_ask(long, f"/balance/statement.json{of_month}")))
    _took("ledger proven, with that day", lambda: prove().holds)
    print()


def _took(name: str, deed: Callable[[], object]) -> None:
    began = time.perf_counter()
    found = deed()
    print(f"{f'{name}: {found}':<44}{time.perf_counter() - began:>12.1f} s")


def _with(login: str, count: int, *, until: datetime) -> User:
    """Somebody with so many movements in the year before `until`."""
    user = User.objects.create_user(f"bench_{login}", f"{login}@example.org")
    main = Account.objects.create(key=ledger.main_of(user).key, kind=AccountKind.MAIN, owner=user, kept=True)
    provider = Account.objects.get(key=ledger.PROVIDER.key)
    values: dict[str, int | str | datetime] = {"since": until - timedelta(days=DAYS), "until": until, "count": count}
    values |= {"login": login, "main": main.pk, "provider": provider.pk}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(HISTORY, values)
        cursor.execute("UPDATE finance_account SET balance = %s WHERE id = %s", [100 * count, main.pk])
    return user


def _middle(user: User) -> int:
    rows = Posting.objects.filter(account__owner=user).order_by("pk").values_list("pk", flat=True)
    return rows[rows.count() // 2]


def _line(name: str, path: str, short: Client, long: Client) -> None:
    few, many = _median(short, path), _median(long, path)
    print(f"{name:<44}{few:>12.1f}{many:>14.1f}{many / few:>12.1f}")


def _median(client: Client, path: str) -> float:
    times = []
    for _time in range(TIMES):
        began = time.perf_counter()
        _ask(client, path)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _ask(client: Client, path: str) -> bytes:
    answer = client.get(path, headers={"host": "127.0.0.1"})
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}")
    return answer.getvalue()


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
