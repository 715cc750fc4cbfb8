"""The minute's knock: sweeps take turns in the queue, several at once and no more than their slots; slow ones hold up nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import pytest
from celery import Task
from django.core.cache import cache
from django.db import connection, models

from core import clock, sweeps
from core.models import Event
from core.sweeps import Sweep
from marketplace import tasks
from marketplace.celery import app
from marketplace.schedule import SLOW_SWEEPS, SWEEPS
from tests.core.threads import at_once

NAME = "a sweep"
BATCH = 5


class Queue:
    """The messages that were sent, in the order of their sending; stands for the broker."""

    def __init__(self) -> None:
        self.messages: deque[tuple[str, int, bool]] = deque()
        self.how: dict[str, tuple[str, float]] = {}
        self.longest = 0
        self.on_sent: Callable[[int], object] = lambda slot: None

    def send(self, args: tuple[str, int, bool], **how: Any) -> None:
        self.messages.append(args)
        self.how[args[0]] = (how["queue"], how["expires"])
        self.longest = max(self.longest, len(self.messages))
        self.on_sent(args[1])


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()
    monkeypatch.setattr(Task, "apply_async", lambda _self, args, **how: made.send(args, **how))
    return made


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "BATCH", BATCH)


def unfinished() -> models.QuerySet[Event]:
    return Event.objects.filter(handed_at__isnull=True)


def make_due(count: int, at: datetime) -> list[int]:
    rows = [Event(kind="test.due", subject="test", subject_id=number, at=at) for number in range(count)]
    return [row.pk for row in Event.objects.bulk_create(rows)]


def finish(pk: int, now: datetime) -> None:
    Event.objects.filter(pk=pk).update(handed_at=now)
    Event.objects.create(kind="test.done", subject="test", subject_id=pk, at=now, handed_at=now)


def fail(_pk: int, _now: datetime) -> None:
    raise ZeroDivisionError


def done() -> list[int]:
    return sorted(Event.objects.filter(kind="test.done").values_list("subject_id", flat=True))


@pytest.fixture
def schedule(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int, datetime], None]], None]:
    """Makes a sweep with this verb the only timer."""
    return lambda verb: monkeypatch.setattr(tasks, "SWEEPS", [Sweep(NAME, unfinished, "at", verb)])


def work(queue: Queue, *, most: int = 100) -> int:
    """Take messages off the queue as a worker does; how many there were."""
    for count in range(most):
        try:
            message = queue.messages.popleft()
        except IndexError:
            return count
        tasks.sweep(*message)
    raise AssertionError("the queue does not become empty")


def _gets(slot: int) -> bool:
    with tasks._held(NAME, slot) as held:
        return held


@pytest.mark.django_db(transaction=True)
def test_a_slot_is_held_by_one_and_free_again_afterward() -> None:
    with tasks._held(NAME, 0) as first:
        assert first
        assert at_once(lambda: _gets(0), lambda: _gets(1)) == [False, True]
    assert at_once(lambda: _gets(0)) == [True]


@pytest.mark.django_db(transaction=True)
def test_a_slot_is_free_when_the_database_of_its_worker_has_gone() -> None:
    def lose() -> None:
        with tasks._held(NAME, 0), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Exception, match="terminating connection"):
        at_once(lose)
    assert at_once(lambda: _gets(0)) == [True]


@pytest.mark.django_db(transaction=True)
def test_knocks_expire_and_slow_ones_have_a_queue_of_their_own(queue: Queue) -> None:
    tasks.knock()
    expected = {each.name: "slow" if each.name in SLOW_SWEEPS else "timers" for each in SWEEPS}
    assert {name: where for name, (where, _) in queue.how.items()} == expected
    assert {expires for _, expires in queue.how.values()} == {60.0}
    assert set(SLOW_SWEEPS) < set(expected)


@pytest.mark.django_db(transaction=True)
def test_a_message_that_waits_is_not_sent_again_until_it_was_taken(queue: Queue) -> None:
    tasks.knock()
    tasks.knock()
    assert len(queue.messages) == len(SWEEPS)
    work(queue)
    tasks.knock()
    assert len(queue.messages) == len(SWEEPS)


@pytest.mark.django_db(transaction=True)
def test_a_turn_that_was_all_calls_for_no_other(queue: Queue, schedule: Callable[..., None], now: datetime) -> None:
    schedule(finish)
    rows = make_due(BATCH - 1, now)
    tasks.sweep(NAME)
    assert (done(), list(queue.messages)) == (rows, [])


@pytest.mark.django_db(transaction=True)
def test_a_full_turn_calls_for_as_many_as_there_are_slots_when_its_own_is_free_again(
    queue: Queue, schedule: Callable[..., None], now: datetime
) -> None:
    schedule(finish)
    rows = make_due(BATCH + 1, now)
    free: list[object] = []
    queue.on_sent = lambda slot: free.extend(at_once(lambda: _gets(slot)))
    tasks.sweep(NAME)
    assert done() == rows[:BATCH]
    assert list(queue.messages) == [(NAME, slot, True) for slot in range(tasks.SLOTS)]
    assert free == [True] * tasks.SLOTS


@pytest.mark.django_db(transaction=True)
def test_while_its_slot_is_taken_a_turn_does_nothing(
    queue: Queue, schedule: Callable[..., None], now: datetime
) -> None:
    schedule(finish)
    make_due(BATCH + 1, now)
    with tasks._held(NAME, 0):
        at_once(lambda: tasks.sweep(NAME, 0))
        assert (done(), list(queue.messages)) == ([], [])
        at_once(lambda: tasks.sweep(NAME, 1))
        assert len(done()) == BATCH


@pytest.mark.django_db(transaction=True)
def test_what_fails_is_passed_over_by_all_turns_and_tried_again_with_the_next_knock(
    queue: Queue, schedule: Callable[..., None], now: datetime
) -> None:
    bad = make_due(BATCH * 3, now - timedelta(hours=1))
    good = make_due(BATCH * 2, now)
    tried: list[int] = []

    def verb(pk: int, at: datetime) -> None:
        tried.append(pk)
        if pk in bad:
            raise ZeroDivisionError
        finish(pk, at)

    schedule(verb)
    tasks.knock()
    work(queue)
    assert done() == good
    assert sorted(tried) == sorted(bad + good)  # each once
    tried.clear()
    tasks.knock()
    work(queue)
    assert sorted(tried) == bad


@pytest.mark.django_db(transaction=True)
def test_when_everything_fails_the_queue_becomes_empty(
    queue: Queue, schedule: Callable[..., None], now: datetime
) -> None:
    schedule(fail)
    make_due(BATCH * 4, now)
    tasks.knock()
    assert work(queue) <= 4 + tasks.SLOTS


@pytest.mark.django_db(transaction=True)
def test_without_the_cache_a_turn_still_does_its_rows(
    queue: Queue, schedule: Callable[..., None], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "get", lambda _key, default=None: default)
    monkeypatch.setattr(cache, "add", lambda *_arguments: False)
    schedule(finish)
    rows = make_due(BATCH + 1, now)
    tasks.sweep(NAME)
    assert (done(), list(queue.messages)) == (rows[:BATCH], [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("ORD-16")
def test_many_workers_share_one_timer_within_its_slots_and_the_queue_stays_short(
    queue: Queue, schedule: Callable[..., None], now: datetime
) -> None:
    rows = make_due(BATCH * 24, now)
    lock, running, most = Lock(), list[int](), list[int]()

    def verb(pk: int, at: datetime) -> None:
        with lock:
            running.append(pk)
            most.append(len(running))
        time.sleep(0.005)
        finish(pk, at)
        with lock:
            running.remove(pk)

    def worker() -> None:
        until = time.monotonic() + 20
        while unfinished().exists() and time.monotonic() < until:
            work(queue)
            tasks.knock()

    schedule(verb)
    tasks.knock()
    at_once(*[worker] * (tasks.SLOTS + 2))
    assert done() == rows  # each once, none lost
    assert 1 < max(most) <= tasks.SLOTS
    assert queue.longest <= tasks.SLOTS


@pytest.mark.django_db(transaction=True)
def test_the_moment_is_the_sites(queue: Queue, schedule: Callable[..., None]) -> None:
    schedule(finish)
    make_due(1, clock.now() + timedelta(hours=1))
    tasks.sweep(NAME)
    assert done() == []
    clock.move_forward(timedelta(hours=1))
    tasks.sweep(NAME)
    assert len(done()) == 1


@pytest.mark.parametrize("name", ["notifications.tasks.send_letter", "kworks.tasks.make_picture"])
def test_letters_and_pictures_are_slow(name: str) -> None:
    assert app.amqp.router.route({}, name)["queue"].name == "slow"
