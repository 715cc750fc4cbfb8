"""Handing events on: every committed event reaches each of its reactions exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog
from django.db import transaction

from core.models import Event, Handled

log = structlog.get_logger(__name__)

Reaction = Callable[[Event], None]
BATCH = 500
TURN_SECONDS = 2.0  # after which a turn begins no further event
_reactions: dict[str, Sequence[Reaction]] = {}


def install(reactions: Mapping[str, Sequence[Reaction]]) -> None:
    """Say who reacts to which kind of event, kinds without reactions included; the project does this once at start
    (marketplace/reactions.py).
    """
    _reactions.clear()
    _reactions.update(reactions)


def waiting(*, after: int = 0) -> list[int]:
    """Ids of committed events that were not handed on completely, oldest first, one batch; those behind `after`."""
    events = Event.objects.filter(handed_at__isnull=True, pk__gt=after).order_by("pk")
    return list(events.values_list("pk", flat=True)[:BATCH])


def hand_on_waiting(*, now: datetime) -> int:
    """Hand on every waiting event, oldest first; returns how many are handed on completely now.

    One that fails is passed over, so that it holds up no other.
    """
    handed, last = turn(now=now)
    while last is not None:
        more, last = turn(now=now, after=last)
        handed += more
    return handed


def turn(*, now: datetime, after: int = 0) -> tuple[int, int | None]:
    """A part of that, for those who have other work to do as well: one batch, TURN_SECONDS and one event long.

    How many were handed on, and behind which event to go on; empty when this came to the end.
    """
    until = time.monotonic() + TURN_SECONDS
    handed, last = 0, None
    for event_id in waiting(after=after):
        handed, last = handed + hand_on(event_id, now=now), event_id
        if time.monotonic() >= until:
            break
    return handed, last


def hand_on(event_id: int, *, now: datetime) -> bool:
    """Run each reaction of the event that has not run yet; true when none is left.

    A failing reaction is logged, does not keep the others from running, and is tried again by the sweep. An event of a
    kind that this process does not know waits for one that does: during an upgrade newer processes record newer kinds.
    """
    event = Event.objects.select_related("by").get(pk=event_id)
    if event.handed_at:
        return True
    if event.kind not in _reactions:
        log.warning("event of a kind unknown here is left waiting", event_id=event.pk, kind=event.kind)
        return False
    failed = [reaction for reaction in _reactions[event.kind] if not _run_once(event, reaction)]
    if not failed:
        Event.objects.filter(pk=event_id, handed_at__isnull=True).update(handed_at=now)
    return not failed


def _run_once(event: Event, reaction: Reaction) -> bool:
    name = f"{reaction.__module__}.{reaction.__qualname__}"
    try:
        with transaction.atomic():
            # A second runner waits here on the unique key until the first has committed or rolled back.
            _, first = Handled.objects.get_or_create(event=event, reaction=name)
            if first:
                reaction(event)
    except Exception:
        log.exception("reaction failed", event_id=event.pk, kind=event.kind, reaction=name)
        return False
    return True
