"""Running something in several real threads at once, each with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

PATIENCE = 30  # seconds


def at_once(*functions: Callable[[], object]) -> list[object]:
    """Starts all at the same moment; returns what they returned, raises what one of them raised."""
    start = Barrier(len(functions), timeout=PATIENCE)

    def run(function: Callable[[], object]) -> object:
        start.wait()
        try:
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [each.result(PATIENCE) for each in [pool.submit(run, function) for function in functions]]
