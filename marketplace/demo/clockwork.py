"""A clock that runs through the past: what people do at their moments, and between them the real sweeps."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from core import handing
from core.models import Event
from core.tasks import AfterCommitTask
from finance.documents.issuing import receipt_for_offline, receipt_for_top_up
from marketplace.reactions import REACTIONS
from marketplace.schedule import SWEEPS
from orders.documents import invoice_for
from orders.models import Order

Act = Callable[[datetime], None]
# The other sweeps send letters and ask the payment provider: neither knows of this past.
TIMERS = [each for each in SWEEPS if each.rows().model is Order]
DOCUMENTS = (receipt_for_top_up, receipt_for_offline, invoice_for)
TOLD_WITHIN = timedelta(days=10)
KNOCK = timedelta(seconds=40)  # how long after its time a sweep finds something, on average


class Clockwork:
    """Acts in the order of their moments, up to `end`; what would come later does not happen.

    Events of the last TOLD_WITHIN are handed on to their reactions at once; older ones count as handed on, because
    nobody would look at their notices any more. Their receipts and invoices are issued all the same.
    """

    def __init__(self, end: datetime) -> None:
        self.end = end
        self._plan: list[tuple[datetime, int, Act]] = []
        self._numbers = count()
        self._last_event = 0

    def at(self, moment: datetime, act: Act) -> None:
        """Let something happen at its moment."""
        if moment <= self.end:
            heapq.heappush(self._plan, (moment, next(self._numbers), act))

    def run(self) -> None:
        """Let everything happen."""
        told_from = self.end - TOLD_WITHIN
        while self._plan and self._plan[0][0] < told_from:
            self._next()
        _issue_documents()
        Event.objects.filter(handed_at__isnull=True).update(handed_at=F("at"))
        while self._plan:
            self._hand_on(self._next())

    def _next(self) -> datetime:
        moment, _number, act = heapq.heappop(self._plan)
        act(moment)
        return moment

    def _hand_on(self, now: datetime) -> None:
        """Give new events to their reactions, as the worker would a moment later."""
        while waiting := handing.waiting(after=self._last_event):
            if not all(handing.hand_on(event_id, now=now) for event_id in waiting):
                raise RuntimeError("A reaction failed; the log says which.")
            self._last_event = waiting[-1]


def _issue_documents() -> None:
    """The documents of what has happened so far, in its order: those reactions that last."""
    issuing = {kind: [each for each in reactions if each in DOCUMENTS] for kind, reactions in REACTIONS.items()}
    told = Event.objects.filter(handed_at__isnull=True, kind__in=[kind for kind, found in issuing.items() if found])
    for event in told.order_by("id"):
        for issue in issuing[event.kind]:
            issue(event)


def sweep(now: datetime) -> None:
    """One knock of the minute at a past moment."""
    for each in TIMERS:
        each.run(now)


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


@contextmanager
def one_transaction() -> Iterator[None]:
    """Everything or nothing, and quickly: no step is expected to be refused, so none needs a savepoint to go back to."""
    features = connection.features
    usual = features.uses_savepoints
    features.uses_savepoints = False
    try:
        with transaction.atomic():
            yield
    finally:
        features.uses_savepoints = usual
