"""Letters leave at once after the commit; the sweep over `due_at` finds the ones this misses."""

from __future__ import annotations

from core import clock
from core.tasks import task
from notifications import letters


@task
def send_letter(letter_id: int) -> None:
    """Send one letter if it is due."""
    letters.send(letter_id, clock.now())
