"""The minute's knock: one task for each sweep, so that a slow one holds up no other."""

from __future__ import annotations

from core import clock
from core.tasks import task
from marketplace import health
from marketplace.schedule import SWEEPS


@task
def sweep(name: str) -> None:
    """Run one sweep of marketplace/schedule.py by its name."""
    for each in SWEEPS:
        if each.name == name:
            each.run(clock.now())
            health.swept(name)


@task
def knock() -> None:
    """Start every sweep; beat calls this once a minute."""
    health.beat()
    for each in SWEEPS:
        sweep.delay(each.name)
