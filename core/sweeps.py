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


@dataclass(frozen=True)
class Sweep:
    """One timer: a column whose past values are due, and the verb that acts on each row when its time has come.

    The column holds the UTC moment; the verb clears or moves it. The verb gets the row's id and `now`,
    locks and checks for itself, and refuses (harmlessly) what someone else has already moved.
    """

    name: str
    rows: Callable[[], models.QuerySet[Any]]
    column: str
    verb: Callable[[int, datetime], None]

    def due(
        self, now: datetime, limit: int = BATCH, after: tuple[datetime, int] | None = None
    ) -> list[tuple[datetime, int]]:
        """(moment, id) of due rows, oldest first, skipping rows that another transaction holds at this moment."""
        rows = self.rows().filter(**{f"{self.column}__lte": now}).order_by(self.column, "pk")
        if after:
            moment, pk = after
            later = models.Q(**{f"{self.column}__gt": moment}) | models.Q(**{self.column: moment, "pk__gt": pk})
            rows = rows.filter(later)
        with transaction.atomic():
            found = rows.select_for_update(skip_locked=True, of=("self",)).values_list(self.column, "pk")[:limit]
            return list(found)

    def run(self, now: datetime) -> int:
        """Act on everything due until nothing is left; a failing row is logged and left for the next sweep."""
        done = 0
        last: tuple[datetime, int] | None = None
        while batch := self.due(now, after=last):
            done += sum(self._act(pk, now) for _, pk in batch)
            last = batch[-1]
        return done

    def _act(self, pk: int, now: datetime) -> bool:
        try:
            with transaction.atomic():
                self.verb(pk, now)
        except Refusal as refusal:
            log.info("sweep found it already moved", sweep=self.name, id=pk, why=str(refusal))
            return False
        except Exception:
            log.exception("sweep failed on one row", sweep=self.name, id=pk)
            return False
        return True
