"""The desk of support staff: which cases there are, how they stand, who waits for whom (ARB-03, ARB-08)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from arbitration.models import Case, CaseEntry, CaseStatus, EntryKind, WaitsFor
from arbitration.queries.whose import is_arbiter
from kworks.models import Category

OPEN, CLOSED = "open", "closed"
UNCLAIMED, MINE = "unclaimed", "mine"


@dataclass(frozen=True)
class Row:
    """A case in the queue; `since` is when the one it waits for was asked."""

    case: Case
    since: datetime


@dataclass(frozen=True)
class Wish:
    """What to show of a tab: whom the cases wait for, whose they are, their category, words to find."""

    waits_for: str = ""
    claimed: str = ""
    category: int | None = None
    words: str = ""


def cases_for(user: User) -> QuerySet[Case]:
    """The cases that this arbiter may open: never of an own order (ARB-08); for anybody else none."""
    if not is_arbiter(user):
        return Case.objects.none()
    own = Q(order__buyer=user) | Q(order__seller=user) | Q(order__rejections__mediation__mediator__user=user)
    return Case.objects.exclude(own).select_related(
        "order__buyer", "order__seller", "order__kwork__category__parent", "opened_by", "arbiter"
    )


def waiting_count(user: User) -> int | None:
    """How many open cases wait for support, for the menu; nothing for who has no desk."""
    if not is_arbiter(user):
        return None
    return cases_for(user).filter(status=CaseStatus.OPEN, waits_for=WaitsFor.SUPPORT).count()


def tab(user: User, name: str) -> QuerySet[Case]:
    """The open cases, oldest first, or the closed ones, latest first."""
    if name == CLOSED:
        return cases_for(user).exclude(status=CaseStatus.OPEN).order_by("-pk")
    return cases_for(user).filter(status=CaseStatus.OPEN).order_by("at", "pk")


def counts(user: User) -> dict[str, int]:
    """How many cases each tab has."""
    is_open = Q(status=CaseStatus.OPEN)
    found = cases_for(user).order_by().aggregate(open=Count("pk", filter=is_open), closed=Count("pk", filter=~is_open))
    return {OPEN: found["open"], CLOSED: found["closed"]}


def wished(cases: QuerySet[Case], wish: Wish, user: User) -> QuerySet[Case]:
    """Those that fit the wish: a number of an order or a login may be given by its beginning."""
    if wish.waits_for:
        cases = cases.filter(waits_for=wish.waits_for)
    if wish.claimed == UNCLAIMED:
        cases = cases.filter(arbiter=None)
    elif wish.claimed == MINE:
        cases = cases.filter(arbiter=user)
    if wish.category:
        cases = cases.filter(order__kwork__category=wish.category)
    words = wish.words.strip()
    if words:
        sides = Q(order__buyer__login__istartswith=words) | Q(order__seller__login__istartswith=words)
        cases = cases.filter(Q(order__number__startswith=words) | sides)
    return cases


def categories_of(cases: QuerySet[Case]) -> list[Category]:
    """The categories that these cases are of, for choosing among them."""
    known = cases.order_by().values("order__kwork__category")
    return list(Category.objects.filter(pk__in=known).select_related("parent").order_by("parent__position", "name"))


def rows(cases: Iterable[Case]) -> list[Row]:
    """A page of cases with the moments since when they wait, in one query for all of them."""
    page = list(cases)
    said: dict[int, list[CaseEntry]] = {case.pk: [] for case in page}
    telling = [EntryKind.STATEMENT, EntryKind.QUESTION]
    for entry in CaseEntry.objects.filter(case__in=page, kind__in=telling).defer("text").order_by("pk"):
        said[entry.case_id].append(entry)
    return [Row(case, waits_since(case, said[case.pk])) for case in page]


def waits_since(case: Case, entries: Iterable[CaseEntry]) -> datetime:
    """Since when the case waits for whom it waits: follows its questions and answers as the verbs do (ARB-03)."""
    order = case.order
    sides = {order.buyer_id: WaitsFor.BUYER, order.seller_id: WaitsFor.SELLER}
    turn = WaitsFor.SELLER if case.opened_by_id == order.buyer_id else WaitsFor.BUYER
    since = case.at
    for entry in entries:
        if entry.kind == EntryKind.QUESTION:
            turn, since = WaitsFor(entry.to), entry.at
        elif entry.kind == EntryKind.STATEMENT and sides.get(entry.author_id) == turn:
            turn, since = WaitsFor.SUPPORT, entry.at
    return since
