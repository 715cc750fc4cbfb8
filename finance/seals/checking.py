"""Whether what was sealed is still there, unchanged: the chain of all days, and the rows under some or all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from finance.laws import Law
from finance.models import SealedDay
from finance.seals import merkle
from finance.seals.rows import Bounds, covered, end_of
from finance.seals.sealing import chained_after, numbers_of, salt_of, totals_after
from finance.verifier import leaf_hash

SEALS = Law(
    "seals",
    _("Every sealed day follows from the one before it, and its postings are still what was sealed."),
    "",  # recomputed here, not in SQL
)


def broken(*, newest: int | None, turn: int = 0) -> list[str]:
    """What is wrong with the sealed days, a line each: of all their headers, and of the rows of the `newest` few.

    One older day is taken along by `turn`, so that runs with different turns come around to all of them. Without `newest`,
    all days are recomputed from their rows.
    """
    days = list(SealedDay.objects.order_by("day").defer("leaves", "numbers", "seed"))
    found = [line for place, day in enumerate(days) for line in _header(day, days[place - 1] if place else None)]
    for place in _chosen(len(days), newest, turn):
        found += _rows(days[place].pk, days[place - 1] if place else None)
    return found


def _chosen(count: int, newest: int | None, turn: int) -> list[int]:
    if newest is None or newest >= count:
        return list(range(count))
    older = count - newest
    return [turn % older, *range(older, count)]


def _header(day: SealedDay, earlier: SealedDay | None) -> Iterator[str]:
    if day.previous != (earlier.chained if earlier else ""):
        yield f"{day} is not chained to the day before it"
    if day.chained != chained_after(earlier, day):
        yield f"{day} has another hash than follows from it"
    if earlier and (day.day != earlier.day + timedelta(days=1) or day.horizon < earlier.horizon):
        yield f"{day} does not follow {earlier}"
    if day.until != end_of(day.day):
        yield f"{day} ends at another moment than its day"
    if sum(day.totals.values()):
        yield f"{day}: the totals do not sum to zero"


def _rows(day_id: int, earlier: SealedDay | None) -> Iterator[str]:
    day = SealedDay.objects.get(pk=day_id)
    leaves, numbers = merkle.split(bytes(day.leaves)), numbers_of(day)
    if not len(leaves) == len(numbers) == day.count or merkle.root(leaves).hex() != day.root:
        yield f"{day}: what is kept of the seal does not lead to its root"
    sealed, sums = dict(zip(numbers, leaves, strict=False)), Counter[str]()
    for facts, kind in covered(Bounds.of(day), Bounds.of(earlier) if earlier else None):
        number = facts["id"]
        sums[kind] += facts["amount"]
        leaf = sealed.pop(number, None)
        if leaf is None:
            yield f"{day}: posting {number} of {facts['entry']} belongs to the day and was not sealed"
        elif leaf != leaf_hash(salt_of(day.seed, number), facts):
            yield f"{day}: posting {number} of {facts['entry']} was changed after it was sealed"
    for number in sealed:
        yield f"{day}: posting {number} was sealed and is gone, or was moved to another day"
    if totals_after(earlier, sums) != day.totals:
        yield f"{day}: the totals are not those of its postings"
