"""Groups and what their members bring in, read from the ledger (GRP-01, GRP-02)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from core.money import ZERO, Money
from finance import ledger
from finance.models import AccountKind, Entry, Posting, Verb
from referrals.models import Attachment, GroupScheme
from referrals.reckoning import Month
from referrals.rules import month_before, month_of

ENDS = (Verb.RELEASE, Verb.SPLIT)


@dataclass(frozen=True)
class Member:
    """Somebody in a group: how far below its head, and the commission of this month and of the one before, in cents."""

    login: str
    level: int
    now: Money
    before: Money


def scheme() -> GroupScheme | None:
    """The scheme while it is on; None while it is off, which it is until staff turns it on."""
    return GroupScheme.objects.filter(on=True).first()


def counted(begins: datetime, ends: datetime) -> QuerySet[Attachment]:
    """Referrals that belong to groups in a month: active, not void, and attached during it."""
    return Attachment.objects.filter(voided_at=None, active_at__lt=ends, at__lt=ends, ends_at__gt=begins)


def contributions(begins: datetime, ends: datetime, users: Collection[int] | None = None) -> dict[int, Money]:
    """The commission of each user's orders that ended in the month, less referral rewards; of these users or of all.

    Half of an order's is its seller's and half its buyer's, an odd cent the seller's: no cent counts for two.
    """
    ended = Entry.objects.filter(verb__in=ENDS, at__gte=begins, at__lt=ends)
    if users is not None:
        ended = Entry.objects.filter(pk__in=ended.filter(postings__account__owner__in=users).values("pk"))
    commission: dict[str, Money] = defaultdict(lambda: ZERO)
    sides: dict[str, tuple[int, set[int]]] = {}
    told = Posting.objects.filter(entry__in=ended).order_by("pk")
    lines = told.values_list("entry__reference", "account__kind", "account__owner_id", "amount")
    for number, kind, owner, amount in lines.iterator():
        buyer, others = sides.setdefault(number, (0, set()))
        if kind == AccountKind.COMMISSION:
            commission[number] += amount
        elif kind == AccountKind.ESCROW:
            sides[number] = (owner or buyer, others)
        elif owner is not None:
            others.add(owner)
    for number, amount in _rewards(ended):
        commission[number] += amount
    found: dict[int, Money] = defaultdict(lambda: ZERO)
    for number, net in commission.items():
        buyer, others = sides[number]
        to_seller, to_buyer = net.split([1, 1])
        for seller in others - {buyer}:
            found[seller] += to_seller
        found[buyer] += to_buyer
    return {user: amount for user, amount in found.items() if amount > ZERO and (users is None or user in users)}


def _rewards(ended: QuerySet[Entry]) -> list[tuple[str, Money]]:
    paid = Posting.objects.filter(
        entry__verb=Verb.REFERRAL, entry__reference__in=ended.values("reference"), account__key=ledger.COMMISSION.key
    )
    return list(paid.values_list("entry__reference", "amount"))


def members(head: User, depth: int, begins: datetime, ends: datetime) -> dict[int, tuple[str, int]]:
    """Login and level of everybody in a user's group, nearest first: one query for each level."""
    found: dict[int, tuple[str, int]] = {}
    above = {head.pk}
    for level in range(1, depth + 1):
        below = counted(begins, ends).filter(referrer__in=above).exclude(referral__in=[head.pk, *found])
        rows = dict(below.order_by("pk").values_list("referral_id", "referral__login"))
        found |= {pk: (login, level) for pk, login in rows.items()}
        above = set(rows)
    return found


def month_of_group(head: User, depth: int, now: datetime) -> tuple[Month, list[Member]]:
    """The present month of one user's group, and its members with what they bring in."""
    begins, ends = month_of(now)
    group = members(head, depth, begins, ends)
    since = contributions(begins, ends, {head.pk, *group})
    before = contributions(month_before(begins), begins, set(group))
    people = [Member(login, level, since.get(pk, ZERO), before.get(pk, ZERO)) for pk, (login, level) in group.items()]
    levels = tuple(Money.total(each.now for each in people if each.level == level) for level in range(1, depth + 1))
    month = Month(since.get(head.pk, ZERO), levels, Money.total(each.before for each in people))
    return month, people
