"""The timers at size: what a look costs among many open orders, and how fast workers drain what falls due at once."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection, models
from django.utils import timezone

from accounts.models import User
from bench.fill import HOLDS, PRICE, RICH, Filled
from core.models import Event
from core.sweeps import Sweep
from finance import ledger, proof
from marketplace.schedule import SWEEPS
from orders.models import Order, Outcome
from orders.steps import checkout, ending, work

BUYERS = 1_000
LOOKS = 20
LOOK_MOST_MS = 10
LAPSING = next(each for each in SWEEPS if each.verb is ending.lapse)


def measure(filled: Filled, *, due: int, workers: list[int], standing: int) -> bool:
    """Print what workers drain per second, then what each sweep costs with nothing due; false when any of it is wrong."""
    buyers = _buyers(filled)
    print(f"{f'{due:,} orders due at once, drained by':<44}{'due/s':>12}{'doubles':>12}{'lost':>12}")
    drained = [_drain(filled, buyers, due, each) for each in workers]
    _look("a look for more after that", LAPSING)
    for n, template in enumerate(_templates(filled)):
        copy(template, standing // 3, buyers, from_now=timedelta(days=1), number=f"W{n}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE orders_order")
    print(f"\n{f'a sweep among {Order.objects.count():,} orders, none due':<44}{'best ms':>12}{'median ms':>12}")
    quick = [_look(each.name, each) for each in SWEEPS]
    proven = proof.prove().holds
    print(f"\nledger proven: {proven}")
    return all([*drained, *quick, proven])


def _buyers(filled: Filled) -> list[int]:
    """Many, so that their refunds do not wait for one account."""
    now = filled.now
    people = [User(login=f"b{n}", email=f"b{n}@example.org", password="!", date_joined=now) for n in range(BUYERS)]
    made = User.objects.bulk_create(people)
    given = {ledger.main_of(user): RICH for user in made}
    ledger.post("bench:buyers", "top_up", {ledger.PROVIDER: -RICH * BUYERS, **given}, by=None, now=now)
    return [user.pk for user in made]


def _templates(filled: Filled) -> Iterator[Order]:
    """An order placed, one in work and one delivered, all by real steps, whatever columns those set."""
    for steps in range(3):
        order = _placed(filled)
        if steps >= 1:
            work.start(order.pk, by=filled.kwork.seller, now=timezone.now())
        if steps >= 2:
            work.deliver(order.pk, text="Here it is.", by=filled.kwork.seller, now=timezone.now())
        order.refresh_from_db()
        yield order


def _placed(filled: Filled) -> Order:
    now = timezone.now()
    choice = checkout.choose(
        filled.kwork, quantity=1, extras={}, shown_total=PRICE, token=uuid4(), by=filled.buyer, now=now
    )
    return checkout.place(choice.pk, by=filled.buyer, now=now)


def copy(
    template: Order, count: int, buyers: list[int], *, number: str, from_now: timedelta = timedelta(), **fixed: str
) -> None:
    """Copy an order in SQL, every column of it but the number, the buyer and `fixed` (column to an expression of n).

    What is to come in the template comes later in the copies, by `from_now` and a second for each 100 of them.
    """
    names, values = [], []
    for field in Order._meta.concrete_fields:
        if field.primary_key:
            continue
        names.append(f'"{field.column}"')
        values.append(_value(field, template, from_now) if field.column not in fixed else fixed[field.column])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO orders_order ({', '.join(names)}) SELECT {', '.join(values)}"
            f" FROM orders_order t CROSS JOIN generate_series(1, %(count)s) AS n WHERE t.id = %(id)s",
            {"count": count, "id": template.pk, "number": number, "buyers": buyers},
        )


def _value(field: models.Field[object, object], template: Order, from_now: timedelta) -> str:
    if field.column == "number":
        return "%(number)s || lpad(n::text, 9, '0')"
    if field.column == "buyer_id":
        return "(%(buyers)s::bigint[])[1 + n %% cardinality(%(buyers)s::bigint[])]"
    value = getattr(template, field.attname)
    if isinstance(value, datetime) and value > timezone.now():
        return f"t.\"{field.column}\" + {from_now.total_seconds()} * interval '1 second' + n * interval '10 ms'"
    return f't."{field.column}"'


def _drain(filled: Filled, buyers: list[int], due: int, workers: int) -> bool:
    template = _placed(filled)
    copy(template, due, buyers, number=f"D{workers}", start_due_at="now() - n * interval '1 ms'")
    with connection.cursor() as cursor:
        cursor.execute(HOLDS, {"after": template.pk})
        cursor.execute("VACUUM ANALYZE")
    command = [sys.executable, "-m", "bench.drain"]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)
    ]
    try:
        for each in running:
            _line(each)
        began = time.perf_counter()
        for each in running:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        acted = sum(int(_line(each)) for each in running)
        took = time.perf_counter() - began
    finally:
        for each in running:
            each.kill()
            each.wait()
    mine = Order.objects.filter(pk__gt=template.pk)
    lost = mine.filter(status=template.status).count()
    ends = Event.objects.filter(kind="order.canceled", subject="order", subject_id__gt=template.pk).count()
    ended = Outcome.objects.filter(order__in=mine).count()
    doubles = max(acted, ends) - ended
    print(f"{f'  {workers} worker processes':<44}{due / took:>12,.0f}{doubles:>12}{lost:>12}")
    return ended == due and not lost and not doubles


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit("A worker ended before its work.")
    return line


def _look(name: str, sweep: Sweep) -> bool:
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        acted = sweep.run(timezone.now())
        times.append((time.perf_counter() - began) * 1000)
        assert not acted
    # The best one: what else runs on the machine makes a look long, an index that is missing makes every look long.
    good = min(times) < LOOK_MOST_MS
    note = "" if good else f"  more than {LOOK_MOST_MS} ms: an index is missing"
    print(f"{f'  {name}':<44}{min(times):>12.1f}{statistics.median(times):>12.1f}{note}")
    return good
