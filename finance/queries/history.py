"""Movements of a user's own balances (FIN-05): pages of them, as fast with 100,000 as with 10."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from typing import NamedTuple

from django.db.models import QuerySet

from accounts.models import User
from core.money import Money
from finance.models import Account, AccountKind, Posting, Verb
from finance.queries.naming import codes_of
from finance.queries.ranges import Period, ends
from finance.rules import MOVEMENTS_A_PAGE, MOVEMENTS_LOOKED_AT

OWN_KINDS = (AccountKind.MAIN, AccountKind.BONUS)
# These move money between other accounts: what was set aside or taken back before, and what the site itself has and bears.
NEVER_OWN = (Verb.PAYOUT, Verb.WRITTEN_OFF, Verb.PROVIDER_FEE, Verb.MOVED)
OWN_VERBS = tuple(verb for verb in Verb if verb not in NEVER_OWN)
BATCH = 2_000


@dataclass(frozen=True)
class Wanted:
    """Which movements: of what kind, of which balance, for what (an order's number, for example), from when until when."""

    verb: str = ""
    account: str = ""
    reference: str = ""
    period: Period = field(default_factory=Period)


EVERYTHING = Wanted()


class Line(NamedTuple):
    """A movement as plain values, for files; `code` is that of the announced payment that it was for, if it was one."""

    number: int
    at: datetime
    verb: str
    reference: str
    kind: str
    amount: Money
    balance_after: Money | None
    code: str = ""


@dataclass(frozen=True)
class Movements:
    """One page of movements, newest first; `older` and `newer` are the ids to go on from, empty at the ends.

    `looked_at` says that the page is short because so many movements were looked through, not because there are no more.
    """

    rows: list[Posting]
    older: int | None
    newer: int | None
    looked_at: int | None = None


def movements(
    user: User, wanted: Wanted = EVERYTHING, *, before: int | None = None, after: int | None = None
) -> Movements:
    """A page of movements, older than one id or newer than another."""
    walks = [rows for _account, rows in walked(user, wanted)]
    if after is not None:
        walks = [rows.filter(pk__gt=after).order_by("pk") for rows in walks]
        return _upward(*_page(walks, wanted), after=after)
    if before is not None:
        walks = [rows.filter(pk__lt=before) for rows in walks]
    return _downward(*_page([rows.order_by("-pk") for rows in walks], wanted), before=before)


def walked(user: User, wanted: Wanted) -> list[tuple[Account, QuerySet[Posting]]]:
    """The wanted accounts, each with its lines of the period; what else is wanted of them is not asked yet.

    Each account is walked down its own index, so that a long history is never sorted.
    """
    kinds = [wanted.account] if wanted.account else list(OWN_KINDS)
    walks = []
    for account in Account.objects.filter(owner=user, kind__in=kinds).order_by("key"):
        rows = Posting.objects.filter(account=account.pk).select_related("entry", "account")
        if wanted.period.is_narrowed:
            found = ends(account.pk, wanted.period)
            rows = rows.filter(pk__gte=found.first, pk__lte=found.last)
        walks.append((account, rows))
    return walks


def oldest_first(user: User, wanted: Wanted) -> Iterator[Line]:
    """All wanted movements, a batch at a time, so that a long history takes no memory and no lasting cursor."""
    walks = [_batches(_matching(rows, wanted), user) for _account, rows in walked(user, wanted)]
    return merge(*walks)  # by their numbers, which are all different


def _batches(rows: QuerySet[Posting], user: User) -> Iterator[Line]:
    # Plain tuples: rows as objects would cost several times as much as the rest of the file.
    found = rows.order_by("pk").values_list(
        "pk", "entry__at", "entry__verb", "entry__reference", "account__kind", "amount", "balance_after"
    )
    last = 0
    while batch := [Line(*values) for values in found.filter(pk__gt=last)[:BATCH]]:
        codes = codes_of(user, (line.reference for line in batch))
        for line in batch:
            yield line._replace(code=codes[line.reference]) if line.reference in codes else line
        last = batch[-1].number


def _matching(rows: QuerySet[Posting], wanted: Wanted) -> QuerySet[Posting]:
    if wanted.verb:
        rows = rows.filter(entry__verb=wanted.verb)
    return rows.filter(entry__reference=wanted.reference) if wanted.reference else rows


def _is_sparse(wanted: Wanted) -> bool:
    """Whether few of many may match; of what one reference names there is never much, and an index for it."""
    return bool(wanted.verb) and not wanted.reference


def _page(walks: list[QuerySet[Posting]], wanted: Wanted) -> tuple[list[Posting], int | None]:
    """Each walk's next page of what is wanted, and the number at which they looked no further, if there was more."""
    edge = _edge(walks) if _is_sparse(wanted) else None
    found: list[Posting] = []
    for rows in walks:
        rows = _matching(rows, wanted)
        if edge is not None:
            rows = rows.filter(pk__gt=edge) if rows.query.order_by == ("-pk",) else rows.filter(pk__lt=edge)
        found += rows[: MOVEMENTS_A_PAGE + 1]
    return found, edge


def _edge(walks: list[QuerySet[Posting]]) -> int | None:
    """Which number a page does not reach; empty when it looks through all there is."""
    beyond = [rows.values_list("pk", flat=True)[MOVEMENTS_LOOKED_AT : MOVEMENTS_LOOKED_AT + 1] for rows in walks]
    numbers = [pk for found in beyond for pk in found]
    if not numbers:
        return None
    return max(numbers) if walks[0].query.order_by == ("-pk",) else min(numbers)


def _upward(found: list[Posting], edge: int | None, *, after: int) -> Movements:
    found.sort(key=lambda posting: posting.pk)
    page, full = list(reversed(found[:MOVEMENTS_A_PAGE])), len(found) > MOVEMENTS_A_PAGE
    older = page[-1].pk if page else after + 1
    if full or edge is None:
        return Movements(page, older=older, newer=page[0].pk if full else None)
    return Movements(page, older=older, newer=edge - 1, looked_at=MOVEMENTS_LOOKED_AT)


def _downward(found: list[Posting], edge: int | None, *, before: int | None) -> Movements:
    found.sort(key=lambda posting: -posting.pk)
    page, full = found[:MOVEMENTS_A_PAGE], len(found) > MOVEMENTS_A_PAGE
    newer = None if before is None else page[0].pk if page else before - 1
    if full or edge is None:
        return Movements(page, older=page[-1].pk if full else None, newer=newer)
    return Movements(page, older=edge + 1, newer=newer, looked_at=MOVEMENTS_LOOKED_AT)
