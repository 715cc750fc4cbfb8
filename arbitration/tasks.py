"""What follows in this room from what happened in another."""

from __future__ import annotations

from arbitration.steps.overtaking import overtake
from core.models import Event


def overtake_ended(event: Event) -> None:
    """An order ended while something was being asked of it: that falls away (REV-04)."""
    overtake(event.subject_id, event.at)
