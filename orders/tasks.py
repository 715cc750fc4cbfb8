"""What follows in this room from what happened in another, with the clock read here."""

from __future__ import annotations

from core import clock
from core.models import Event
from orders.steps import checkout


def place_what_was_paid_for(event: Event) -> None:
    """A top-up was paid: the order it was for places itself (ORD-01)."""
    checkout.place_after_top_up(event.subject_id, clock.now())
