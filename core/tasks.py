"""Tasks start after commit, by construction, and losing the broker loses nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import Task, shared_task
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import KombuError
from structlog.contextvars import bound_contextvars, get_contextvars

from core import clock, handing

log = structlog.get_logger(__name__)

REQUEST_ID = "request_id"
HANDED_TO = "core:handing:place"
FURTHER_WAITS = "core:handing:waits"
TURNS_KEPT = 120  # seconds without a turn, after which handing on starts from the oldest event again


class AfterCommitTask(Task):  # type: ignore[type-arg]
    """A task whose message leaves only once the surrounding transaction has committed.

    When the broker cannot be reached the message is dropped with a warning: whatever a task does
    is also found by a sweep, so a request never fails for it. The id of the request that asked for the task
    travels with it into the task's log lines.
    """

    def apply_async(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        asked_by = get_contextvars().get(REQUEST_ID)
        if asked_by:
            kwargs["headers"] = {**(kwargs.get("headers") or {}), REQUEST_ID: asked_by}
        transaction.on_commit(lambda: self._send(args, kwargs))

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        asked_by = self.request.get(REQUEST_ID) or get_contextvars().get(REQUEST_ID)
        # What a person's request started is told; the minute's own routine would drown it.
        tell = log.info if asked_by else log.debug
        bound = {"task": self.name, "task_id": self.request.id, REQUEST_ID: asked_by}
        with bound_contextvars(**{name: value for name, value in bound.items() if value}):
            began = time.perf_counter()
            super().__call__(*args, **kwargs)
            tell("task done", ms=round((time.perf_counter() - began) * 1000, 1))

    def _send(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            super().apply_async(*args, **kwargs)
        except (KombuError, OSError) as error:
            log.warning("task not sent, a sweep will find its work", sent=self.name, error=str(error))


def task(function: Callable[..., None]) -> AfterCommitTask:
    """Declare a background task; it must be safe to run twice."""
    made: AfterCommitTask = shared_task(base=AfterCommitTask)(function)
    return made


@task
def hand_on_event(event_id: int) -> None:
    """Run the reactions of one event."""
    handing.hand_on(event_id, now=clock.now())


@task
def hand_on_waiting(further: bool = False) -> None:
    """Find events whose message was lost or whose reaction failed, and run what has not run: one turn of it.

    When more is waiting, a further turn is asked for at the end of the queue, one at a time: also after an hour without a
    queue the workers have room for everything else. The cache keeps how far the turns have come; what fails is tried again
    when they have come to the end and beat starts anew.
    """
    after = cache.get(HANDED_TO)
    if further:
        cache.delete(FURTHER_WAITS)
        if after is None:
            return
    _, last = handing.turn(now=clock.now(), after=after or 0)
    if last is None:
        cache.delete(HANDED_TO)
        return
    cache.set(HANDED_TO, last, TURNS_KEPT)
    if cache.add(FURTHER_WAITS, True, TURNS_KEPT):
        hand_on_waiting.apply_async((True,), expires=TURNS_KEPT)
