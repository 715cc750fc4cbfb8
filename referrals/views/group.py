"""The page of a user's group: who is in it, what they bring in, what the month comes to (GRP-02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from core import clock
from core.formats import percent
from core.money import Money
from referrals.models import GroupKind, GroupReward
from referrals.queries.groups import month_of_group, scheme
from referrals.reckoning import Month, Terms, lines
from referrals.rules import MEMBERS_A_PAGE, month_of, reckoned_at
from referrals.views.page import tabs

PAST_LINES = 24
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Shown:
    """One line of the present month: what it comes to so far, and by the month's end if it goes on like this."""

    label: str
    level: int
    rate: str
    base: Money
    so_far: Money
    forecast: Money


@login_required
@require_safe
def group(request: UserRequest) -> HttpResponse:
    """Not there while the scheme is off."""
    settings = scheme()
    if settings is None:
        raise Http404
    now, terms = clock.now(), settings.terms
    month, people = month_of_group(request.user, len(terms.levels), now)
    rows = _rows(month, terms, now)
    past = GroupReward.objects.filter(user=request.user).select_related("run").order_by("-run__month", "kind")
    context = {
        "tabs": tabs("referral-group"),
        "rows": rows,
        "so_far": Money.total(row.so_far for row in rows),
        "forecast": Money.total(row.forecast for row in rows),
        "cap": percent(terms.cap),
        "terms": terms,
        "reckoned_at": reckoned_at(month_of(now)[1]),
        "page": Paginator(people, MEMBERS_A_PAGE).get_page(request.GET.get("page")),
        "past": [(reward, _written(reward)) for reward in past[:PAST_LINES]],
    }
    return render(request, "referrals/group.html", context)


def _rows(month: Month, terms: Terms, now: datetime) -> list[Shown]:
    begins, ends = month_of(now)
    grown = month.grown((now - begins) // DAY + 1, (ends - begins) // DAY)
    return [
        Shown(str(GroupKind(line.kind).label), line.level, percent(line.rate), line.base, line.amount, later.amount)
        for line, later in zip(lines(month, terms), lines(grown, terms), strict=True)
    ]


def _written(reward: GroupReward) -> list[tuple[int, str, Money, Money]]:
    """Level, rate, base and amount of each line that a reward was computed from."""
    return [
        (line["level"], percent(line["rate"]), Money(line["base_cents"]), Money(line["amount_cents"]))
        for line in reward.lines
    ]
