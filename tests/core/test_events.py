"""Events reach each of their reactions exactly once, also after a loss, a failure or a race."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import transaction

from accounts.models import User
from core import handing
from core.events import record, timeline
from core.models import Event, Handled
from core.tasks import hand_on_event, hand_on_waiting
from tests.core.threads import at_once

Installed = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Replaces the site's reactions by a test's own."""
    monkeypatch.setattr(handing, "_reactions", {})
    return lambda *reactions: handing.install({"test.happened": reactions})


def echo(event: Event) -> None:
    """A reaction that leaves a trace for each time it was committed."""
    time.sleep(0.05)
    Event.objects.create(kind="test.echo", subject="event", subject_id=event.pk, at=event.at, handed_at=event.at)


def echoes() -> int:
    return Event.objects.filter(kind="test.echo").count()


def happen(user: User, now: datetime, **facts: object) -> Event:
    return record("test.happened", user, by=user, now=now, **facts)


def test_an_event_says_what_when_who_and_about_whom(bea: User, now: datetime) -> None:
    event = happen(bea, now, amount_cents=500)
    event.refresh_from_db()
    assert (event.kind, event.subject, event.subject_id, event.by_id) == ("test.happened", "user", bea.pk, bea.pk)
    assert (event.at, event.facts, event.handed_at) == (now, {"amount_cents": 500}, None)


def test_the_timeline_is_oldest_first_and_of_one_thing_only(bea: User, sam: User, now: datetime) -> None:
    first, _other, second = happen(bea, now), happen(sam, now), happen(bea, now)
    assert list(timeline(bea)) == [first, second]


def test_an_event_is_written_with_the_change_or_not_at_all(bea: User, now: datetime) -> None:
    def change() -> None:
        with transaction.atomic():
            happen(bea, now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert not Event.objects.exists()


def test_each_reaction_runs_once_however_often_the_event_is_handed_on(
    bea: User, now: datetime, install: Installed
) -> None:
    install(echo)
    event = happen(bea, now)
    assert handing.hand_on(event.pk, now=now)
    assert handing.hand_on(event.pk, now=now)
    Event.objects.update(handed_at=None)  # as if the worker died before noting that it was finished
    assert handing.hand_on(event.pk, now=now)
    assert echoes() == 1


def test_an_event_without_reactions_is_handed_on(bea: User, now: datetime, install: Installed) -> None:
    install()
    event = happen(bea, now)
    hand_on_event(event.pk)
    event.refresh_from_db()
    assert event.handed_at


def test_an_event_of_a_kind_unknown_here_waits_for_a_process_that_knows_it(
    bea: User, now: datetime, install: Installed
) -> None:
    event = happen(bea, now)
    assert not handing.hand_on(event.pk, now=now)
    assert handing.waiting() == [event.pk]
    install(echo)
    assert handing.hand_on(event.pk, now=now)
    assert echoes() == 1


@pytest.mark.rule("MSG-05")
def test_an_event_whose_message_was_lost_is_found_and_handed_on(bea: User, now: datetime, install: Installed) -> None:
    install(echo)
    event = happen(bea, now)
    assert handing.waiting() == [event.pk]
    hand_on_waiting()
    assert (echoes(), handing.waiting()) == (1, [])


@pytest.mark.rule("MSG-05")
def test_a_failing_reaction_leaves_nothing_keeps_no_other_and_is_tried_again(
    bea: User, now: datetime, install: Installed
) -> None:
    broken = [True]

    def fragile(event: Event) -> None:
        Event.objects.create(kind="test.fragile", subject="event", subject_id=event.pk, at=now, handed_at=now)
        if broken:
            raise ZeroDivisionError

    install(fragile, echo)
    event = happen(bea, now)
    assert not handing.hand_on(event.pk, now=now)
    assert (echoes(), Event.objects.filter(kind="test.fragile").count()) == (1, 0)
    assert handing.waiting() == [event.pk]
    broken.clear()
    assert handing.hand_on_waiting(now=now) == 1
    assert (echoes(), Event.objects.filter(kind="test.fragile").count()) == (1, 1)


def test_events_that_fail_hold_up_no_later_one(
    bea: User, now: datetime, install: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_for_bad(event: Event) -> None:
        if event.facts.get("bad"):
            raise ZeroDivisionError

    monkeypatch.setattr(handing, "BATCH", 2)
    install(fails_for_bad)
    bad = [happen(bea, now, bad=True).pk for _ in range(5)]
    happen(bea, now)
    assert handing.hand_on_waiting(now=now) == 1
    assert handing.waiting() == bad[:2]


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("MSG-05")
def test_two_workers_with_the_same_event_react_once(bea: User, now: datetime, install: Installed) -> None:
    install(echo)
    event = happen(bea, now)
    assert at_once(*[lambda: handing.hand_on(event.pk, now=now)] * 2) == [True, True]
    assert echoes() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_unique_key_two_workers_react_twice(
    bea: User, now: datetime, install: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the test above can see the race it guards against."""
    install(echo)
    event = happen(bea, now)
    monkeypatch.setattr(type(Handled.objects), "get_or_create", lambda *_args, **_facts: (None, True))
    at_once(*[lambda: handing.hand_on(event.pk, now=now)] * 2)
    assert echoes() == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_over_when_the_one_before_rolled_back(bea: User, now: datetime, install: Installed) -> None:
    runs: list[int] = []

    def fails_first(event: Event) -> None:
        runs.append(1)
        if len(runs) == 1:
            time.sleep(0.2)
            raise ZeroDivisionError
        echo(event)

    install(fails_first)
    event = happen(bea, now)
    outcomes = at_once(*[lambda: handing.hand_on(event.pk, now=now)] * 2)
    assert sorted(map(bool, outcomes)) == [False, True]
    assert echoes() == 1
