"""Tasks start after commit, by construction, and losing the broker loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import Task, shared_task
from django.db import transaction
from kombu.exceptions import KombuError

from core import clock, handing

log = structlog.get_logger(__name__)


class AfterCommitTask(Task):  # type: ignore[type-arg]
    """A task whose message leaves only once the surrounding transaction has committed.

    When the broker cannot be reached the message is dropped with a warning: whatever a task does
    is also found by a sweep, so a request never fails for it.
    """

    def apply_async(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        transaction.on_commit(lambda: self._send(args, kwargs))

    def _send(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            super().apply_async(*args, **kwargs)
        except (KombuError, OSError) as error:
            log.warning("task not sent, a sweep will find its work", task=self.name, error=str(error))


def task(function: Callable[..., None]) -> AfterCommitTask:
    """Declare a background task; it must be safe to run twice."""
    made: AfterCommitTask = shared_task(base=AfterCommitTask)(function)
    return made


@task
def hand_on_event(event_id: int) -> None:
    """Run the reactions of one event."""
    handing.hand_on(event_id, now=clock.now())


@task
def hand_on_waiting() -> None:
    """Find events whose message was lost or whose reaction failed, and run what has not run."""
    for event_id in handing.waiting():
        handing.hand_on(event_id, now=clock.now())
