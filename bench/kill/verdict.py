"""What must be true when everything has settled, whatever was killed; each check gives back what breaks it, a line each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from django.db import transaction

from bench.kill.play import Journal
from core import clock
from core.models import Event, Handled
from core.money import ZERO
from finance import escrow, proof
from marketplace.reactions import REACTIONS
from marketplace.schedule import SWEEPS
from notifications.letters import message_id
from notifications.models import Letter, Notice
from orders.models import Order, Status
from orders.moves import ENDS, MOVES

SENT = re.compile(rb"^Message-ID: (<notice-[^>\r\n]+>)", re.MULTILINE | re.IGNORECASE)


def unsettled() -> dict[str, int]:
    """What the site still has to do by itself; empty when it has settled."""
    now = clock.now()
    waiting = {each.name: each.overdue(now).count() for each in SWEEPS}
    waiting["events not handed on"] = Event.objects.filter(handed_at__isnull=True).count()
    return {name: count for name, count in waiting.items() if count}


def books(_journal: Journal) -> Iterator[str]:
    """The ledger proves itself."""
    yield from proof.breaches()


def committed(journal: Journal) -> Iterator[str]:
    """What a person saw done is in the order's history, once; nothing else is but the clock's steps and what was unsure."""
    found: Counter[tuple[int, str]] = Counter()
    clocks: Counter[tuple[int, str]] = Counter()
    for pk, kind, by in Event.objects.filter(subject="order").values_list("subject_id", "kind", "by"):
        (found if by else clocks)[pk, kind] += 1
    for key in found.keys() | journal.seen.keys():
        more = found[key] - journal.seen[key]
        if not 0 <= more <= journal.maybe[key[0]]:
            yield f"order {key[0]}: {key[1]} seen {journal.seen[key]} times, recorded {found[key]} times"
    for (pk, kind), count in clocks.items():
        if kind in ENDS.values() and count + found[pk, kind] > 1:
            yield f"order {pk}: {kind} {count + found[pk, kind]} times"
    lost = set(journal.orders) - set(Order.objects.values_list("pk", flat=True))
    yield from (f"order {pk} is lost" for pk in lost)


def histories(_journal: Journal) -> Iterator[str]:
    """Each order stands where its events lead by the table of moves."""
    for order in Order.objects.all():
        states: set[str] = set()
        for kind in (
            Event.objects.filter(subject="order", subject_id=order.pk).order_by("pk").values_list("kind", flat=True)
        ):
            before = states
            states = {Status.PLACED.value} if kind == "order.placed" and not before else _after(kind, before)
            if not states:
                yield f"order {order.pk}: {kind} after {sorted(before)}"
                break
        if states and order.status not in states:
            yield f"order {order.pk} is {order.status}, its history says {sorted(states)}"


def _after(kind: str, states: set[str]) -> set[str]:
    found: set[str] = set()
    for move in MOVES.values():
        for state in states & {source.value for source in move.sources}:
            if (move.event or kind) != kind:
                continue
            if not move.event:
                found |= {status.value for status, end in ENDS.items() if end == kind}
            else:
                found.add(move.target.value if move.target else state)
    return found


def escrows(_journal: Journal) -> Iterator[str]:
    """Open orders hold exactly their price, ended ones nothing."""
    for order in Order.objects.all():
        held, due = escrow.held_in(order.escrow_key), order.total if order.is_open else ZERO
        if held != due:
            yield f"order {order.pk}, {order.status}: {held} held instead of {due}"


def handed_on(_journal: Journal) -> Iterator[str]:
    """Every event was handed on, to each of its reactions."""
    ran: dict[int, set[str]] = {}
    for pk, name in Handled.objects.values_list("event", "reaction"):
        ran.setdefault(pk, set()).add(name)
    for event in Event.objects.all():
        wanted = {f"{each.__module__}.{each.__qualname__}" for each in REACTIONS[event.kind]}
        if event.handed_at is None or wanted != ran.get(event.pk, set()):
            yield f"{event} ({event.pk}): handed at {event.handed_at}, ran {sorted(ran.get(event.pk, set()))}"


def told(_journal: Journal) -> Iterator[str]:
    """Who was told of each event is who its reactions tell when they run again for nothing, and each was told once."""
    for event in Event.objects.select_related("by"):
        reactions = [each for each in REACTIONS[event.kind] if each.__module__.endswith("notices")]
        told_now = _told(event)
        with transaction.atomic():
            Notice.objects.filter(event=event).delete()
            for each in reactions:
                each(event)
            wanted = _told(event)
            transaction.set_rollback(True)
        if told_now != wanted:
            yield f"{event} ({event.pk}): told {sorted(told_now)}, should be {sorted(wanted)}"


def _told(event: Event) -> list[tuple[int, str, bool]]:
    by_mail = set(Letter.objects.filter(notice__event=event).values_list("notice", flat=True))
    rows = Notice.objects.filter(event=event).values_list("pk", "user", "kind")
    return sorted((user, kind, pk in by_mail) for pk, user, kind in rows)


def letters(_journal: Journal, folder: Path, doubled_most: int) -> Iterator[str]:
    """Every letter was sent. Only one that was on its way when its sender was killed went twice, under one Message-ID."""
    sent = Counter(found.decode() for path in folder.glob("*.log") for found in SENT.findall(path.read_bytes()))
    wanted = {message_id(letter.notice): letter for letter in Letter.objects.select_related("notice")}
    for name, letter in wanted.items():
        if letter.sent_at is None or letter.due_at is not None:
            yield f"letter {letter.pk} is not sent: {letter.tries} tries, due {letter.due_at}"
        if not sent[name]:
            yield f"letter {letter.pk} is marked as sent and was not: {name}"
    # A letter of a notice that was rolled back cannot be: it is written by the same transaction.
    yield from (f"a letter of no notice: {name}" for name in sent.keys() - wanted.keys())
    doubled = {name: count for name, count in sent.items() if count > 1}
    extra = sum(doubled.values()) - len(doubled)
    if extra > doubled_most:
        yield f"{extra} letters went again, at {doubled_most} kills: {sorted(doubled)[:5]}"


CHECKS: Mapping[str, Callable[[Journal], Iterator[str]]] = {
    "the ledger proves itself": books,
    "what was seen done is recorded, once": committed,
    "every order stands where its history leads": histories,
    "open orders hold their price, ended ones nothing": escrows,
    "every event was handed on": handed_on,
    "everybody was told, once": told,
}
