"""A clock that runs through the past: what people do at their moments, and between them the real sweeps."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from core import handing
from core.models import Event
from core.tasks import AfterCommitTask
from marketplace.schedule import SWEEPS
from orders.models import Order

Act = Callable[[datetime], None]
# The other sweeps send letters and ask the payment provider: neither knows of this past.
TIMERS = [each for each in SWEEPS if each.rows().model is Order]
KNOCK = timedelta(seconds=40)  # how long after its time a sweep finds something, on average


class Clockwork:
    """Acts in the order of their moments, up to `end`; what would come later does not happen.

    After each act its events are handed on. An alarm is a moment at which something falls due: the sweeps run then.
    """

    def __init__(self, end: datetime) -> None:
        self.end = end
        self._plan: list[tuple[datetime, int, Act]] = []
        self._numbers = count()

    def at(self, moment: datetime, act: Act) -> None:
        """Let something happen at its moment."""
        if moment <= self.end:
            heapq.heappush(self._plan, (moment, next(self._numbers), act))

    def alarm(self, due: datetime | None) -> None:
        """Let the sweeps run when this falls due."""
        if due is not None:
            self.at(due + KNOCK, sweep)

    def run(self) -> None:
        """Let everything happen."""
        while self._plan:
            moment, _number, act = heapq.heappop(self._plan)
            act(moment)
            hand_on(moment)


def sweep(now: datetime) -> None:
    """One knock of the minute at a past moment."""
    for each in TIMERS:
        each.run(now)


def hand_on(now: datetime) -> None:
    """Give new events to their reactions at once, as the worker would a moment later."""
    while waiting := handing.waiting():
        for event_id in waiting:
            handing.hand_on(event_id, now=now)
        if Event.objects.filter(pk__in=waiting, handed_at__isnull=True).exists():
            raise RuntimeError("A reaction failed; the log says which.")


@contextmanager
def nothing_leaves() -> Iterator[None]:
    """No message goes to the workers: what they would do is done here, at the moment it belongs to."""
    sending = AfterCommitTask.apply_async

    def drop(*_arguments: Any, **_options: Any) -> None:
        """Leave the message unsent."""

    setattr(AfterCommitTask, "apply_async", drop)  # noqa: B010 - mypy knows no assignment to a method
    try:
        yield
    finally:
        setattr(AfterCommitTask, "apply_async", sending)  # noqa: B010
