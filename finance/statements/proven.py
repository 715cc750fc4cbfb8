"""A statement that carries the proof that its lines are in the sealed ledger; finance/verifier.py checks it (FIN-06, FIN-07)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from math import ceil
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from core.refusals import Refusal
from finance.models import Posting, SealedDay
from finance.queries.ranges import Period, ends
from finance.rules import PROOF_LEAVES, PROOF_LIMIT, STATEMENT_LEAVES_MOST, STATEMENT_LINES_MOST
from finance.seals import merkle
from finance.seals.rows import named
from finance.seals.sealing import numbers_of, salt_of
from finance.statements.lines import Section, sections
from finance.verifier import FORMAT, ROOTS_FORMAT

Json = dict[str, Any]


class TooMuchToProve(Refusal):
    """The days of this period seal so much of the site that the proofs would take too long."""

    def __init__(self) -> None:
        super().__init__(_("The proofs for so many days take too long. Choose a shorter period."))


def statement(user: User, period: Period, days: tuple[date | None, date | None], *, now: datetime) -> Json:
    """The user's own lines of a period, each with its place in a sealed day. Refused with TooLong, TooMuchToProve.

    The days' trees are what takes time, so they are counted before they are built; refused with TooOften.
    """
    found = sections(user, period, most=STATEMENT_LINES_MOST)
    postings = sorted((line for each in found for line in each.lines), key=lambda line: line.pk)
    lasts = {each.account.pk: last for each in found if not each.lines and (last := _last_before(each, period))}
    headers = list(SealedDay.objects.order_by("day").defer("seed", "numbers", "leaves"))
    wanted, leaves = _places([*postings, *lasts.values()], headers)
    if leaves > STATEMENT_LEAVES_MOST:
        raise TooMuchToProve
    PROOF_LIMIT.count(by=user, now=now, weight=ceil(leaves / PROOF_LEAVES) or 1)
    seals: dict[int, Json] = {}
    for place, numbers in wanted.items():
        seals |= _of_day(headers[place].pk, numbers)
    first = min(wanted, default=None)
    facts = {each["id"]: each for each, _kind in named([line.pk for line in [*postings, *lasts.values()]])}

    def shown(line: Posting) -> Json:
        return {**facts[line.pk], "seal": seals.get(line.pk)}

    return {
        "format": FORMAT,
        "site": settings.SITE_URL,
        "made_at": now.astimezone(UTC).isoformat(),
        "owner": user.login,
        "from": days[0].isoformat() if days[0] else None,
        "to": days[1].isoformat() if days[1] else None,
        "accounts": [
            {
                "key": each.account.key,
                "opening": each.opening.cents,
                "closing": each.closing.cents,
                "last": shown(lasts[each.account.pk]) if each.account.pk in lasts else None,
            }
            for each in found
        ],
        "lines": [shown(line) for line in postings],
        "days": [header(day) for day in (headers[first:] if first is not None else headers[-1:])],
    }


def roots() -> Json:
    """Every sealed day with its hashes and sums, without anything personal: worth saving somewhere else."""
    days = SealedDay.objects.order_by("day").defer("seed", "numbers", "leaves")
    return {"format": ROOTS_FORMAT, "site": settings.SITE_URL, "days": [header(day) for day in days]}


def header(day: SealedDay) -> Json:
    """What is public of a sealed day."""
    return {
        "day": day.day.isoformat(),
        "count": day.count,
        "root": day.root,
        "previous": day.previous,
        "chained": day.chained,
        "totals": day.totals,
    }


def _last_before(section: Section, period: Period) -> Posting | None:
    """What proves the balance of a period without lines: the line that it opens with."""
    if period.since is None:
        return None
    last = ends(section.account.pk, Period(until=period.since)).last
    return Posting.objects.select_related("entry").filter(account=section.account.pk, pk=last).first()


def _places(postings: Iterable[Posting], headers: Sequence[SealedDay]) -> tuple[dict[int, list[int]], int]:
    """By the places of the days that seal them the postings' numbers, and how many leaves those days have together."""
    untils, horizons = [day.until for day in headers], [day.horizon for day in headers]
    wanted: dict[int, list[int]] = defaultdict(list)
    for posting in postings:
        # The first day that ends after it and was sealed after its transaction had ended.
        place = max(bisect_right(untils, posting.entry.at), bisect_right(horizons, posting.entry.txid))
        if place < len(headers):
            wanted[place].append(posting.pk)
    return wanted, sum(headers[place].count for place in wanted)


def _of_day(day_id: int, numbers: Sequence[int]) -> dict[int, Json]:
    day = SealedDay.objects.get(pk=day_id)
    places = {number: place for place, number in enumerate(numbers_of(day))}
    tree = merkle.levels(merkle.split(bytes(day.leaves)))
    return {
        number: {
            "day": day.day.isoformat(),
            "index": places[number],
            "salt": salt_of(day.seed, number).hex(),
            "path": [sibling.hex() for sibling in merkle.path(tree, places[number])],
        }
        for number in numbers
        if number in places
    }
