"""The minute's knock, and the sweeps that it starts: in turns, by several workers at once, and never for long.

Sweeps have a queue of their own, from which a task process takes in turn with the one of reactions to events, so that neither
waits for a backlog of the other; but a small site has two task processes for all of it. So a run is one
turn (core/sweeps.py: 100 rows or a second), and when there is more, it sends messages for further turns to the end of the
queue, behind whatever came meanwhile. 100,000 rows that fall due at once are worked on by every process there is, up to
SLOTS, and whoever waits in the queue waits for a round of turns, not for the 100,000.

Two keys in the cache for each sweep keep this in bounds: that a message for a slot waits in the queue already, so that none is
sent beside it, and how far the turns have come, so that rows whose verb fails are tried again with the next start from the
oldest and not in each turn. With Valkey's loss both go, and so does the queue: the next knock starts from the oldest.

What asks other machines, letters and pictures, is in a queue with a worker of its own (settings, CELERY_TASK_ROUTES), so that
a mail server that hangs holds up no timer of an order.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.core.cache import cache
from django.utils.text import slugify

from core import clock
from core.locks import alone
from core.sweeps import Place, Sweep
from core.tasks import task
from marketplace import health
from marketplace.schedule import SLOW_SWEEPS, SWEEPS
from orders.rules import SWEEP_EVERY

TIMER_QUEUE, SLOW_QUEUE = "timers", "slow"
LOCK_SPACE = 0x53574550  # keeps these advisory locks apart from any others
SLOTS = 4  # turns of one sweep at the same time, at most
WAITS_MOST = SWEEP_EVERY.total_seconds()  # a message that has waited longer is dropped: the next knock sends it anew
PLACE_KEPT = 600  # seconds without a turn, after which a sweep starts from the oldest again


@task
def sweep(name: str, slot: int = 0, further: bool = False) -> None:
    """Run one turn of a sweep of marketplace/schedule.py by its name, unless its slot is taken; call for more if need be.

    A `further` turn goes on where the last one stopped; when one has come to the end meanwhile, there is nothing to do.
    """
    cache.delete(_waits(name, slot))
    for each in SWEEPS:
        if each.name == name:
            after = cache.get(_place(name))
            if after is not None or not further:
                _turn(each, slot, after)
            health.swept(name)


@task
def knock() -> None:
    """Start every sweep; beat calls this once a minute."""
    health.beat()
    for each in SWEEPS:
        _call(each.name, 0)


def _turn(each: Sweep, slot: int, after: Place | None) -> None:
    now = clock.now()
    if not each.is_due(now, after=after):  # one query, and mostly the only one
        cache.delete(_place(each.name))
        return
    with _held(each.name, slot) as held:
        if not held:
            return
        place = each.turn(now, after=after).place
    # The slot is free again: whoever gets the message at once must find it so.
    if place is None:
        cache.delete(_place(each.name))
        return
    # Another slot may be ahead by now. What it has left behind, it has tried.
    cache.set(_place(each.name), max(place, cache.get(_place(each.name)) or place), PLACE_KEPT)
    for number in range(SLOTS):
        _call(each.name, number, further=True)


def _call(name: str, slot: int, *, further: bool = False) -> None:
    """Send a message for a turn, unless one for the same slot waits already."""
    if cache.add(_waits(name, slot), True, WAITS_MOST):
        queue = SLOW_QUEUE if name in SLOW_SWEEPS else TIMER_QUEUE
        sweep.apply_async((name, slot, further), expires=WAITS_MOST, queue=queue)


def _waits(name: str, slot: int) -> str:
    return f"marketplace:sweep:waits:{slugify(name)}:{slot}"


def _place(name: str) -> str:
    return f"marketplace:sweep:place:{slugify(name)}"


def _held(name: str, slot: int) -> AbstractContextManager[bool]:
    """True for the first who comes, as long as its worker lives."""
    return alone(LOCK_SPACE, f"{name} {slot}")
