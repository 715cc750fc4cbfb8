"""What follows in this room from what happened in another, with the clock read here."""

from __future__ import annotations

from core import clock
from core.models import Event
from orders.steps import checkout, trading


def place_what_was_paid_for(event: Event) -> None:
    """A top-up was paid: the order it was for places itself (ORD-01)."""
    checkout.place_after_top_up(event.subject_id, clock.now())


def look_at_trade(event: Event) -> None:
    """An order of a referral with its referrer has ended: staff is told if they trade mainly with each other (REF-05)."""
    trading.look(event.subject_id, now=event.at)
