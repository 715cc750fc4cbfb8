"""Doing what is due, oldest first, a row and a transaction at a time, together with whoever else is sweeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import models, transaction
from django.db.models import Q

from core.refusals import Refusal

log = structlog.get_logger(__name__)

BATCH = 100  # rows that one turn tries
TURN_SECONDS = 1.0  # after which a turn begins no further row

Place = tuple[datetime, int]


@dataclass(frozen=True)
class Turn:
    """What a turn came to: how many rows were acted on, and the `place` it stopped at; empty when it came to the end."""

    done: int
    place: Place | None


@dataclass(frozen=True)
class Sweep:
    """One timer: a column whose past values are due, and the verb that acts on each row when its time has come.

    The column holds the UTC moment; the verb clears or moves it. The verb gets the row's id and `now` inside a
    transaction that has locked the row, checks for itself, and refuses (harmlessly) what is no longer to be done.
    An index that begins with the column and the id keeps taking the next row cheap, also among many of one moment.
    """

    name: str
    rows: Callable[[], models.QuerySet[Any]]
    column: str
    verb: Callable[[int, datetime], None]

    def overdue(self, now: datetime, *, after: Place | None = None) -> models.QuerySet[Any]:
        """The rows whose time has come; with `after`, those that stand behind that place."""
        rows = self.rows().filter(**{f"{self.column}__lte": now})
        if after is None:
            return rows
        moment, pk = after
        # In two parts: the first is where an index can begin, so that what was dealt with is not walked through again.
        behind = Q(**{f"{self.column}__gt": moment}) | Q(pk__gt=pk)
        return rows.filter(behind, **{f"{self.column}__gte": moment})

    def is_due(self, now: datetime, *, after: Place | None = None) -> bool:
        """Whether there is anything to do; one look at the beginning of the index."""
        return self._oldest_first(now, after).values_list("pk").first() is not None

    def run(self, now: datetime) -> int:
        """Act once on each row that is due, oldest first; returns how many were acted on.

        Any number of runs at once share the rows out among themselves. A row whose verb fails is logged and left for the
        next run; it keeps no other from its turn.
        """
        turn = self.turn(now)
        done = turn.done
        while turn.place:
            turn = self.turn(now, after=turn.place)
            done += turn.done
        return done

    def turn(self, now: datetime, *, after: Place | None = None) -> Turn:
        """A part of a run, for those who have other work to do as well: BATCH rows at most, TURN_SECONDS and one row long."""
        until = time.monotonic() + TURN_SECONDS
        done, place = 0, after
        for _ in range(BATCH):
            step = self._next(now, place)
            done, place = done + step.done, step.place
            if place is None or time.monotonic() >= until:
                break
        return Turn(done, place)

    def _next(self, now: datetime, after: Place | None) -> Turn:
        """Take the next row that nobody else holds and act on it, in one transaction."""
        place = None
        try:
            with transaction.atomic():
                place = self._claim(now, after)
                if place is not None:
                    self.verb(place[1], now)
        except Refusal as refusal:
            log.info("sweep was refused one row", sweep=self.name, id=place and place[1], why=str(refusal))
            return Turn(0, place)
        except Exception:
            if place is None:  # not the row's fault: without a database there is no next one either
                raise
            log.exception("sweep failed on one row", sweep=self.name, id=place[1])
            return Turn(0, place)
        return Turn(0 if place is None else 1, place)

    def _claim(self, now: datetime, after: Place | None) -> Place | None:
        """Lock the oldest row that is due and that nobody else holds: who holds it will have dealt with it."""
        free = self._oldest_first(now, after).select_for_update(skip_locked=True, of=("self",))
        return free.values_list(self.column, "pk").first()

    def _oldest_first(self, now: datetime, after: Place | None) -> models.QuerySet[Any]:
        return self.overdue(now, after=after).order_by(self.column, "pk")
