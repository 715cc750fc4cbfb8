"""Verbs against the database: orders placed, entries posted, a sweep; next to the same rows written by plain SQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from uuid import uuid4

from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from bench.fill import PRICE, Filled
from core.money import Money
from finance import ledger, proof
from marketplace.schedule import SWEEPS
from orders.models import Order
from orders.steps import checkout

THREADS = 2
CENT = Money(1)
numbers = count(1)

# What a ledger entry writes, without Django, checks in code or triggers: the least the database can be asked for.
PLAIN = [
    "CREATE TABLE plain_account (id bigint PRIMARY KEY, balance bigint NOT NULL)",
    "CREATE TABLE plain_entry (id bigserial PRIMARY KEY, key text UNIQUE, at timestamptz)",
    "CREATE TABLE plain_posting (id bigserial PRIMARY KEY, entry_id bigint, account_id bigint, amount bigint)",
    "CREATE INDEX ON plain_posting (account_id, id)",
    "INSERT INTO plain_account SELECT n, 1000000000 FROM generate_series(1, 1000) AS n",
]


def measure(filled: Filled, seconds: float) -> None:
    """Print how many of each per second, and how much of plain SQL's speed that is."""
    users = list(User.objects.exclude(pk=filled.buyer.pk)[:500])
    with connection.cursor() as cursor:
        for statement in PLAIN:
            cursor.execute(statement)
    print(f"{'writing, ' + str(THREADS) + ' threads':<44}{'per second':>12}{'of plain SQL':>26}")
    plain = 0.0
    for name, accounts in (("one hot account", 1), ("many accounts", len(users))):
        plain = _rate(partial(_plain, accounts), seconds)
        posted = _rate(partial(_post, filled, users[:accounts]), seconds)
        print(f"{'plain SQL transfer, ' + name:<44}{plain:>12,.0f}")
        print(f"{'ledger entry, ' + name:<44}{posted:>12,.0f}{posted / plain:>25.0%}")
    placed = _rate(partial(_place, filled), seconds)
    print(f"{'order placed (choice, price, escrow, event)':<44}{placed:>12,.0f}{placed / plain:>25.0%}")
    _sweep(filled, plain)
    print(f"ledger proven: {proof.prove().holds}")


def _rate(work: Callable[[int], object], seconds: float) -> float:
    until = time.perf_counter() + seconds

    def run(_thread: int) -> int:
        done = 0
        try:
            while time.perf_counter() < until:
                work(next(numbers))
                done += 1
        finally:
            connections.close_all()
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(run, range(THREADS))) / seconds


def _plain(accounts: int, n: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO plain_entry (key, at) VALUES (%s, now()) RETURNING id", [str(uuid4())])
        (entry,) = cursor.fetchone() or (0,)
        for account, amount in ((1, -1), (2 + n % accounts, 1)):
            cursor.execute("UPDATE plain_account SET balance = balance + %s WHERE id = %s", [amount, account])
            cursor.execute(
                "INSERT INTO plain_posting (entry_id, account_id, amount) VALUES (%s, %s, %s)", [entry, account, amount]
            )


def _post(filled: Filled, users: list[User], n: int) -> None:
    lines = {ledger.PROVIDER: -CENT, ledger.main_of(users[n % len(users)]): CENT}
    with transaction.atomic():
        ledger.post(f"bench:{n}", "top_up", lines, by=None, now=filled.now)


def _place(filled: Filled, _n: int) -> None:
    now = timezone.now()
    choice = checkout.choose(
        filled.kwork, quantity=1, extras={}, shown_total=PRICE, token=uuid4(), by=filled.buyer, now=now
    )
    checkout.place(choice.pk, by=filled.buyer, now=now)


def _sweep(filled: Filled, plain: float) -> None:
    sweep = next(each for each in SWEEPS if each.column == "start_due_at")
    began = time.perf_counter()
    done = sweep.run(timezone.now())
    took = time.perf_counter() - began
    left = Order.objects.filter(status="placed", start_due_at__lte=timezone.now()).count()
    print(f"{f'sweep: {done:,} due orders canceled, {left} left':<44}{done / took:>12,.0f}{done / took / plain:>25.0%}")
    began = time.perf_counter()
    sweep.run(timezone.now())
    print(f"{'sweep with nothing due':<44}{(time.perf_counter() - began) * 1000:>9,.1f} ms")
