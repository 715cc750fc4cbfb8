"""Several people doing something at the same moment: real threads, each with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
PATIENCE_SECONDS = 15


def together(*deeds: Callable[[], T]) -> list[T | Exception]:
    """Start all deeds at once and wait for the last; what each gave back or raised, in their order."""
    start = Barrier(len(deeds))
    outcomes: list[T | Exception] = [RuntimeError("did not end")] * len(deeds)

    def do(place: int) -> None:
        try:
            start.wait(PATIENCE_SECONDS)
            outcomes[place] = deeds[place]()
        except Exception as error:
            outcomes[place] = error
        finally:
            connections.close_all()

    threads = [Thread(target=do, args=(place,), daemon=True) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return outcomes


def refusals(outcomes: list[T | Exception]) -> list[str]:
    """The names of what was raised, sorted."""
    return sorted(type(outcome).__name__ for outcome in outcomes if isinstance(outcome, Exception))
