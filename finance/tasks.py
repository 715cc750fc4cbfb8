"""What runs off-request: asking the provider about top-ups whose webhook never came."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.tasks import task
from finance.provider import ProviderDown
from finance.steps import top_ups


@task
def settle_top_up(session_id: str) -> None:
    """Ask the provider about one session; while it is down the timer brings this back."""
    try:
        top_ups.settle(session_id, clock.now())
    except ProviderDown:
        return


def look_again(top_up_id: int, now: datetime) -> None:
    """The sweep's verb: the provider is asked after the sweep's transaction, by a task."""
    session_id = top_ups.due_for_a_look(top_up_id, now)
    if session_id:
        settle_top_up.delay(session_id)
