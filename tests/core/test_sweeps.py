"""Sweeps: what is due is done once, oldest first, whoever else sweeps and whatever fails."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import OperationalError, connection, models, transaction
from pytest_django import DjangoAssertNumQueries

from core import sweeps
from core.models import Event
from core.refusals import OutOfTurn
from core.sweeps import Sweep
from tests.core.threads import at_once

HOUR = timedelta(hours=1)
BATCH = 5


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "BATCH", BATCH)


def unfinished() -> models.QuerySet[Event]:
    return Event.objects.filter(handed_at__isnull=True)


def make_due(count: int, *, at: datetime) -> list[int]:
    rows = [Event(kind="test.due", subject="test", subject_id=number, at=at) for number in range(count)]
    return [row.pk for row in Event.objects.bulk_create(rows)]


def finish(pk: int, now: datetime) -> None:
    """The verb of these tests: counts how often it acted on a row, without checking for itself."""
    row = Event.objects.get(pk=pk)
    time.sleep(0.01)
    Event.objects.filter(pk=pk).update(handed_at=now, facts={"times": row.facts.get("times", 0) + 1})
    Event.objects.create(kind="test.done", subject="test", subject_id=pk, at=now, handed_at=now)


def quickly(pk: int, now: datetime) -> None:
    Event.objects.filter(pk=pk).update(handed_at=now)


def sweep(verb: Callable[[int, datetime], None] = quickly) -> Sweep:
    return Sweep("test", unfinished, "at", verb)


def done() -> list[int]:
    return list(Event.objects.filter(kind="test.done").values_list("subject_id", flat=True))


@pytest.mark.django_db
def test_what_is_not_due_yet_is_left_alone(now: datetime) -> None:
    make_due(1, at=now + timedelta(seconds=1))
    assert sweep().run(now) == 0
    assert unfinished().count() == 1


@pytest.mark.django_db
@pytest.mark.rule("ORD-16")
def test_everything_due_is_done_however_many_batches_it_takes(now: datetime) -> None:
    make_due(BATCH * 2 + 1, at=now)
    assert sweep().run(now) == BATCH * 2 + 1
    assert not unfinished().exists()


@pytest.mark.django_db
@pytest.mark.rule("ORD-16")
def test_a_sweep_after_a_standstill_catches_up_oldest_first(now: datetime) -> None:
    young, old = make_due(1, at=now - HOUR)[0], make_due(1, at=now - timedelta(days=30))[0]
    acted: list[int] = []

    def verb(pk: int, at: datetime) -> None:
        acted.append(pk)
        quickly(pk, at)

    assert sweep(verb).run(now) == 2
    assert acted == [old, young]


@pytest.mark.django_db
def test_a_second_sweep_finds_nothing(now: datetime) -> None:
    make_due(3, at=now)
    assert (sweep().run(now), sweep().run(now)) == (3, 0)


@pytest.mark.django_db
def test_failing_rows_keep_no_other_from_its_turn_and_are_left_for_the_next_sweep(now: datetime) -> None:
    bad = set(make_due(BATCH + 5, at=now - HOUR))
    make_due(2, at=now)

    def verb(pk: int, at: datetime) -> None:
        quickly(pk, at)
        if pk in bad:
            raise ZeroDivisionError

    assert sweep(verb).run(now) == 2
    assert set(unfinished().values_list("pk", flat=True)) == bad  # and what the failing verb wrote is undone
    bad.clear()
    assert sweep(verb).run(now) == BATCH + 5


@pytest.mark.django_db
def test_a_refusal_changes_nothing_and_is_no_failure(now: datetime) -> None:
    make_due(2, at=now)
    refused: list[int] = []

    def verb(pk: int, at: datetime) -> None:
        quickly(pk, at)
        if not refused:
            refused.append(pk)
            raise OutOfTurn("Already moved.")

    assert sweep(verb).run(now) == 1
    assert list(unfinished().values_list("pk", flat=True)) == refused


@pytest.mark.django_db
def test_a_row_that_the_verb_of_an_earlier_row_dealt_with_is_not_touched_again(now: datetime) -> None:
    make_due(3, at=now)

    def finish_all(_pk: int, at: datetime) -> None:
        unfinished().update(handed_at=at)

    assert sweep(finish_all).run(now) == 1


@pytest.mark.django_db
def test_nothing_due_is_one_query(now: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_due(3, at=now + HOUR)
    with django_assert_num_queries(1):
        assert not sweep().is_due(now)
    assert sweep().is_due(now + HOUR)


@pytest.mark.django_db
def test_a_turn_ends_after_a_batch_and_the_next_one_goes_on_behind_it(now: datetime) -> None:
    rows = make_due(BATCH + 2, at=now)
    first = sweep().turn(now)
    assert (first.done, first.place) == (BATCH, (now, rows[BATCH - 1]))
    second = sweep().turn(now, after=first.place)
    assert (second.done, second.place) == (2, None)


@pytest.mark.django_db
def test_a_turn_is_not_long_whatever_the_verb_takes(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "TURN_SECONDS", 0)
    rows = make_due(3, at=now)
    turn = sweep().turn(now)
    assert (turn.done, turn.place) == (1, (now, rows[0]))


@pytest.mark.django_db
def test_turns_pass_over_what_fails(now: datetime) -> None:
    make_due(BATCH, at=now - HOUR)
    good = make_due(1, at=now)

    def verb(pk: int, at: datetime) -> None:
        if pk not in good:
            raise ZeroDivisionError
        quickly(pk, at)

    first = sweep(verb).turn(now)
    assert first.done == 0
    assert sweep(verb).turn(now, after=first.place).done == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("ORD-16")
def test_four_workers_at_once_do_each_row_once(now: datetime) -> None:
    rows = make_due(40, at=now)
    counts = at_once(*[lambda: sweep(finish).run(now)] * 4)
    assert sum(int(str(count)) for count in counts) == 40
    assert sorted(done()) == rows
    assert min(int(str(count)) for count in counts) > 0  # they shared the work


@pytest.mark.django_db(transaction=True)
def test_without_the_claim_two_workers_do_the_same_row_twice(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the test above can see the race it guards against."""
    rows = make_due(20, at=now)

    def look(self: Sweep, now: datetime, after: sweeps.Place | None) -> sweeps.Place | None:
        return self.overdue(now, after=after).order_by("at", "pk").values_list("at", "pk").first()

    monkeypatch.setattr(Sweep, "_claim", look)
    at_once(*[lambda: sweep(finish).run(now)] * 2)
    assert len(done()) > len(rows)


@pytest.mark.django_db(transaction=True)
def test_several_workers_begin_with_the_oldest(now: datetime) -> None:
    young = make_due(5, at=now)
    old = make_due(3, at=now - HOUR)
    together, begun = Barrier(3, timeout=10), list[int]()

    def verb(pk: int, at: datetime) -> None:
        begun.append(pk)
        if pk in old:
            together.wait()
        quickly(pk, at)

    at_once(*[lambda: sweep(verb).run(now)] * 3)
    assert sorted(begun[:3]) == old
    assert sorted(begun[3:]) == young


@pytest.mark.django_db(transaction=True)
def test_several_workers_pass_over_what_fails_and_what_is_refused(now: datetime) -> None:
    rows = make_due(30, at=now)
    failing, refused = set(rows[::5]), set(rows[1::5])
    tried: list[int] = []

    def verb(pk: int, at: datetime) -> None:
        tried.append(pk)
        finish(pk, at)
        if pk in failing:
            raise ZeroDivisionError
        if pk in refused:
            raise OutOfTurn("Already moved.")

    at_once(*[lambda: sweep(verb).run(now)] * 3)
    good = set(rows) - failing - refused
    assert sorted(done()) == sorted(good)
    assert set(unfinished().values_list("pk", flat=True)) == failing | refused
    times = Counter(tried)
    assert {times[pk] for pk in good} == {1}
    assert all(1 <= times[pk] <= 3 for pk in failing | refused)  # once by each run, at most


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("ORD-16")
def test_what_a_worker_had_begun_when_its_database_went_is_done_by_the_others(now: datetime) -> None:
    rows = make_due(12, at=now)
    dies = [rows[3]]

    def verb(pk: int, at: datetime) -> None:
        finish(pk, at)
        if pk in dies:
            dies.clear()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    counts = at_once(*[lambda: sweep(verb).run(now)] * 2)
    assert sum(int(str(count)) for count in counts) in (11, 12)  # the other run may have come by in time
    sweep(verb).run(now)
    assert sorted(done()) == rows


@pytest.mark.django_db
def test_without_a_database_a_run_ends(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_arguments: object) -> None:
        raise OperationalError

    make_due(2, at=now)
    monkeypatch.setattr(Sweep, "_claim", gone)
    with pytest.raises(OperationalError):
        sweep().run(now)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_not_waited_for(now: datetime) -> None:
    held, free = make_due(2, at=now)
    with transaction.atomic():
        Event.objects.select_for_update().get(pk=held)
        assert at_once(lambda: sweep(finish).run(now)) == [1]
    assert done() == [free]
