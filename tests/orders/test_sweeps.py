"""The clock's own steps: on time, once, also after a standstill and a worker's death (ORD-16)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest

from core.models import Event
from core.money import dollars
from core.sweeps import Sweep
from finance import escrow, ledger
from marketplace import celery
from marketplace.schedule import SWEEPS
from orders.models import Order, Outcome, Status
from orders.rules import SWEEP_EVERY
from orders.steps import ending, work
from tests.plugins.servers import ROOT
from tests.stage import Stage

pytestmark = pytest.mark.rule("ORD-16")

DAY = timedelta(days=1)


def _sweep(verb: object) -> Sweep:
    return next(each for each in SWEEPS if each.verb is verb)


def _all(now: datetime) -> int:
    return sum(each.run(now) for each in SWEEPS if each.rows().model is Order)


def test_beat_knocks_every_minute() -> None:
    assert celery.app.conf.beat_schedule["knock"]["schedule"] == SWEEP_EVERY


@pytest.mark.parametrize(
    ("at", "column", "kind"),
    [
        (Status.PLACED, "start_due_at", "order.canceled"),
        (Status.IN_WORK, "deadline", "order.expired"),
        (Status.DELIVERED, "review_due_at", "order.completed"),
    ],
)
def test_each_timer_fires_at_its_second_and_once(stage: Stage, at: Status, column: str, kind: str) -> None:
    order = stage.an_order(at=at)
    due = getattr(order, column)
    assert _all(due - timedelta(seconds=1)) == 0
    assert (_all(due), _all(due), _all(due + DAY)) == (1, 0, 0)
    assert Event.objects.filter(kind=kind, subject_id=order.pk, by=None).count() == 1


def test_after_a_standstill_everything_that_fell_due_is_caught_up(stage: Stage) -> None:
    kwork = stage.a_kwork()
    lapsed = [stage.an_order(kwork=kwork) for _ in range(3)]
    expired = stage.an_order(at=Status.IN_WORK, kwork=kwork)
    reviewed = stage.an_order(at=Status.DELIVERED, kwork=kwork)
    assert _all(stage.now + 10 * DAY) == 5
    found = {order.pk: order for order in Order.objects.all()}
    assert {found[order.pk].status for order in lapsed} == {Status.CANCELED}
    assert found[expired.pk].expired_at == stage.now + 10 * DAY
    assert found[reviewed.pk].status == Status.COMPLETED
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(150)
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(40)


def test_one_failing_order_holds_up_no_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    kwork = stage.a_kwork()
    bad, good = stage.an_order(kwork=kwork), stage.an_order(kwork=kwork)
    refund = escrow.refund

    def fails_for_one(key: str, *args: object, **kwargs: object) -> object:
        if key == bad.escrow_key:
            raise ZeroDivisionError
        return refund(key, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(escrow, "refund", fails_for_one)
    sweep = _sweep(ending.lapse)
    assert sweep.run(stage.now + DAY) == 1
    assert {order.pk: order.status for order in Order.objects.all()} == {
        bad.pk: Status.PLACED,
        good.pk: Status.CANCELED,
    }
    monkeypatch.setattr(escrow, "refund", refund)
    assert sweep.run(stage.now + DAY) == 1


def test_a_worker_that_dies_between_the_change_and_its_record_leaves_nothing_half_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    due = order.review_due_at
    assert due is not None

    def dies(*_args: object, **_kwargs: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("orders.steps.moving.record", dies)
        with pytest.raises(SystemExit):
            _sweep(ending.complete_by_time).run(due)
    order.refresh_from_db()
    assert (order.status, Outcome.objects.count()) == (Status.DELIVERED, 0)
    assert escrow.held_in(order.escrow_key) == dollars(50)
    assert _sweep(ending.complete_by_time).run(due) == 1
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(40)


def test_expiry_is_not_noted_for_what_was_delivered_in_time(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    work.deliver(order.pk, text="Done.", by=stage.seller, now=order.deadline - timedelta(seconds=1))
    assert _sweep(work.expire).run(order.deadline + DAY) == 0


DYING_WORKER = """
import os, signal, sys
from datetime import datetime
import django
django.setup()
from marketplace.schedule import SWEEPS
from orders.steps import ending, moving
moving.record = lambda *a, **k: (print("changed", flush=True), signal.pause())
next(each for each in SWEEPS if each.verb is ending.lapse).run(datetime.fromisoformat(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_had_begun_is_done_by_the_next_one(stage: Stage) -> None:
    order = stage.an_order()
    due = order.start_due_at
    assert due is not None
    worker = subprocess.Popen(
        [sys.executable, "-c", DYING_WORKER, due.isoformat()],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "marketplace.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "changed\n"  # money and outcome are written, nothing is committed
    assert _sweep(ending.lapse).run(due) == 0  # the row is held by the other worker
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    until = time.monotonic() + 10
    while _sweep(ending.lapse).run(due) == 0 and time.monotonic() < until:
        time.sleep(0.02)  # the database notices within moments that its client is gone
    order.refresh_from_db()
    assert order.status == Status.CANCELED
    assert Outcome.objects.count() == 1
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(50)
