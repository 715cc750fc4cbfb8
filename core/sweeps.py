"""Doing what is due, in small batches, one transaction each, whoever else is sweeping at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import models, transaction

from core.refusals import Refusal

log = structlog.get_logger(__name__)

BATCH = 200

Place = tuple[datetime, int]


@dataclass(frozen=True)
class Sweep:
    """One timer: a column whose past values are due, and the verb that acts on each row when its time has come.

    The column holds the UTC moment; the verb clears or moves it. The verb gets the row's id and `now` inside a
    transaction that has locked the row, checks for itself, and refuses (harmlessly) what is no longer to be done.
    """

    name: str
    rows: Callable[[], models.QuerySet[Any]]
    column: str
    verb: Callable[[int, datetime], None]

    def overdue(self, now: datetime) -> models.QuerySet[Any]:
        """The rows whose time has come."""
        return self.rows().filter(**{f"{self.column}__lte": now})

    def due(self, now: datetime, *, after: Place | None = None) -> list[Place]:
        """(moment, id) of due rows, one batch, oldest first; with `after`, those that stand behind that place."""
        rows = self.overdue(now)
        if after:
            moment, pk = after
            rows = rows.filter(
                models.Q(**{f"{self.column}__gt": moment}) | models.Q(**{self.column: moment}, pk__gt=pk)
            )
        return list(rows.order_by(self.column, "pk").values_list(self.column, "pk")[:BATCH])

    def run(self, now: datetime) -> int:
        """Act once on each row that is due, oldest first; returns how many were acted on.

        A row whose verb fails is logged and left for the next sweep; it keeps no other from its turn.
        """
        done = 0
        last: Place | None = None
        while batch := self.due(now, after=last):
            done += sum(self._act(pk, now) for _, pk in batch)
            last = batch[-1]
        return done

    def _act(self, pk: int, now: datetime) -> bool:
        try:
            with transaction.atomic():
                if not self._claim(pk, now):
                    return False
                self.verb(pk, now)
        except Refusal as refusal:
            log.info("sweep was refused one row", sweep=self.name, id=pk, why=str(refusal))
            return False
        except Exception:
            log.exception("sweep failed on one row", sweep=self.name, id=pk)
            return False
        return True

    def _claim(self, pk: int, now: datetime) -> bool:
        """Lock the row if it is still due and nobody else holds it: who holds it will have dealt with it."""
        claimed = self.overdue(now).filter(pk=pk).select_for_update(skip_locked=True, of=("self",))
        return claimed.values_list("pk", flat=True).first() is not None
