"""The minute's knock: one task for each sweep, each run by one worker at a time.

What asks other machines, letters and pictures, is in a queue with a worker of its own (settings, CELERY_TASK_ROUTES), so that
a mail server that hangs holds up no timer of an order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from core import clock
from core.tasks import task
from marketplace import health
from marketplace.schedule import SLOW_SWEEPS, SWEEPS
from orders.rules import SWEEP_EVERY

QUEUE, SLOW_QUEUE = "celery", "slow"
LOCK_SPACE = 0x53574550  # keeps these advisory locks apart from any others


@task
def sweep(name: str) -> None:
    """Run one sweep of marketplace/schedule.py by its name, unless another worker is running it."""
    for each in SWEEPS:
        if each.name == name:
            with _alone(name) as alone:
                if alone:
                    each.run(clock.now())
                    health.swept(name)


@task
def knock() -> None:
    """Start every sweep; beat calls this once a minute."""
    health.beat()
    for each in SWEEPS:
        queue = SLOW_QUEUE if each.name in SLOW_SWEEPS else QUEUE
        sweep.apply_async((each.name,), expires=SWEEP_EVERY.total_seconds(), queue=queue)


@contextmanager
def _alone(name: str) -> Iterator[bool]:
    """True for the first who comes; the lock belongs to the database session and ends with it, should the worker die."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCK_SPACE, name])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCK_SPACE, name])
