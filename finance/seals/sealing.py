"""Sealing days that are over. Nobody waits on a seal: it locks nothing that money moves through (docs/adr/0010)."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import structlog
from django.db import connection, transaction

from finance.models import AccountKind, Entry, SealedDay
from finance.seals import merkle
from finance.seals.rows import Bounds, Facts, covered, end_of
from finance.verifier import GENESIS, chain_hash, leaf_hash

log = structlog.get_logger(__name__)

LOCK = (0x5345414C, 0)  # keeps this advisory lock apart from any others
SEED_BYTES = 32
NUMBER_BYTES = 8
DAY = timedelta(days=1)


class TransactionsBeganAnew(Exception):
    """This database server counts transactions from lower than the newest seal: a restored dump (docs/operations.md)."""


@dataclass
class Tree:
    """A day's leaves while they are gathered, and the sums of what they seal by kind of account."""

    seed: bytes
    numbers: bytearray = field(default_factory=bytearray)
    leaves: list[bytes] = field(default_factory=list)
    sums: Counter[str] = field(default_factory=Counter)

    def add(self, facts: Facts, kind: str) -> bytes:
        leaf = leaf_hash(salt_of(self.seed, facts["id"]), facts)
        self.numbers += number_bytes(facts["id"])
        self.leaves.append(leaf)
        self.sums[kind] += facts["amount"]
        return leaf


def seal_what_is_over(now: datetime, *, seconds: float = 30.0) -> int:
    """Seal every day that is over, one after another, for about so long; how many were sealed.

    Of several workers one seals and the others find it done, or being done.
    """
    until, sealed = time.monotonic() + seconds, 0
    while _seal_next(now):
        sealed += 1
        if time.monotonic() >= until:
            break
    return sealed


def days_waiting(now: datetime) -> int:
    """How many days are over and not sealed."""
    newest = SealedDay.objects.order_by("-day").only("day").first()
    due = _next_day(newest)
    return max((now.astimezone(UTC).date() - due).days, 0) if due else 0


def salt_of(seed: bytes | memoryview, number: int) -> bytes:
    """What makes a leaf unguessable for whoever does not own its line."""
    return hmac.digest(bytes(seed), number_bytes(number), sha256)


def number_bytes(number: int) -> bytes:
    return number.to_bytes(NUMBER_BYTES, "big")


def numbers_of(day: SealedDay) -> list[int]:
    """The ids of the postings that a day seals, in the order of its leaves."""
    raw = bytes(day.numbers)
    return [int.from_bytes(raw[place : place + NUMBER_BYTES], "big") for place in range(0, len(raw), NUMBER_BYTES)]


def totals_after(earlier: SealedDay | None, sums: Counter[str]) -> dict[str, int]:
    """Cents by kind of account as of a seal: those of the seal before and what the new postings add."""
    before = earlier.totals if earlier else {}
    return {kind: before.get(kind, 0) + sums[kind] for kind in sorted({*AccountKind.values, *before})}


def chained_after(earlier: SealedDay | None, day: SealedDay) -> str:
    """The hash of a day that follows another one."""
    previous = bytes.fromhex(earlier.chained) if earlier else GENESIS
    return chain_hash(previous, day.day.isoformat(), day.count, bytes.fromhex(day.root), day.totals).hex()


def _seal_next(now: datetime) -> bool:
    with transaction.atomic():
        if not _locked():
            return False
        earlier = SealedDay.objects.order_by("-day").defer("leaves", "numbers").first()
        due = _next_day(earlier)
        if due is None or end_of(due) > now:
            return False
        bounds = Bounds(end_of(due), _horizon())
        if earlier and bounds.horizon < earlier.horizon:
            raise TransactionsBeganAnew(
                f"Transactions are counted from {bounds.horizon}, the newest seal knows {earlier.horizon}."
            )
        day = _made(due, bounds, earlier, now)
        day.save(force_insert=True)
    log.info("day sealed", day=due.isoformat(), postings=day.count, chained=day.chained)
    return True


def _made(due: date, bounds: Bounds, earlier: SealedDay | None, now: datetime) -> SealedDay:
    tree = Tree(secrets.token_bytes(SEED_BYTES))
    for facts, kind in covered(bounds, Bounds.of(earlier) if earlier else None):
        tree.add(facts, kind)
    day = SealedDay(
        day=due,
        until=bounds.until,
        horizon=bounds.horizon,
        count=len(tree.leaves),
        root=merkle.root(tree.leaves).hex(),
        previous=earlier.chained if earlier else "",
        totals=totals_after(earlier, tree.sums),
        seed=tree.seed,
        numbers=bytes(tree.numbers),
        leaves=b"".join(tree.leaves),
        at=now,
    )
    day.chained = chained_after(earlier, day)
    return day


def _locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", LOCK)
        return bool(cursor.fetchone()[0])


def _horizon() -> int:
    """Every transaction with a lower number has ended: nothing of theirs can still appear."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def _next_day(newest: SealedDay | None) -> date | None:
    """The day after the newest seal; without one, the day of the first entry."""
    if newest:
        return newest.day + DAY
    first = Entry.objects.order_by("id").values_list("at", flat=True).first()
    return first.astimezone(UTC).date() if first else None
