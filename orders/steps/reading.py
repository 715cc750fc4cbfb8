"""That staff have read an order of others: noted with the order, and not shown to its sides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from core.events import record, timeline
from orders.models import Order
from orders.moves import Actor
from orders.rules import READ_NOTED_EVERY
from orders.steps.moving import actor_of

PAGE = "page"


def note_reading(order: Order, what: str, *, by: User, now: datetime) -> None:
    """Note what `by` has read: the page at most once in READ_NOTED_EVERY, a file (by name) each time; one's own never."""
    if actor_of(order, by) in (Actor.BUYER, Actor.SELLER):
        return
    with transaction.atomic():
        # Held, so that two requests at once find each other's note.
        Order.objects.select_for_update(no_key=True).get(pk=order.pk)
        if what == PAGE and _is_noted(order, by, now):
            return
        record("order.read", order, by=by, now=now, what=what)


def _is_noted(order: Order, by: User, now: datetime) -> bool:
    notes = timeline(order).filter(kind="order.read", by=by, at__gt=now - READ_NOTED_EVERY, facts__what=PAGE)
    return notes.exists()
