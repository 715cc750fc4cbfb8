"""The front page: what is on sale, how a sale works, and, for those signed in, what awaits them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Role, User
from core import clock
from core.money import BASIS_POINTS, Money, dollars
from finance.rules import COMMISSION_BASIS_POINTS
from kworks import queries
from kworks.models import Category, DraftStatus, Kwork, KworkDraft
from kworks.rules import MODERATION_DAYS, PRICE_LEAST, seller_share
from orders.models import Order, Status
from orders.queries.lists import orders_as
from orders.rules import MISTAKE_WITHIN, REVIEW_WITHIN, START_WITHIN
from reputation.models import Feedback

KEPT = timedelta(minutes=1)  # what is chosen from everything on sale is chosen anew so often
LIKED_MOST, NEWEST_MOST, FEEDBACK_MOST, POPULAR_MOST, TASKS_MOST = 8, 4, 3, 5, 5
POPULAR_WITHIN = timedelta(days=30)
EXAMPLE_PRICE = dollars(50)

_Kept = TypeVar("_Kept")


@dataclass(frozen=True)
class Task:
    """An order in which the viewer must act: what to do, and until when (empty: nothing runs out)."""

    order: Order
    other: User
    words: str
    icon: str
    due_at: datetime | None
    past: bool


@dataclass(frozen=True)
class Numbers:
    """The size of the place: kworks on sale, orders completed, and how many feedbacks in a hundred are likes."""

    on_sale: int
    completed: int
    liked_percent: int | None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the front page; everything on it is real, and the numbers of the rules are the ones the site runs on."""
    now = clock.now()
    context: dict[str, Any] = {
        "now": now,
        "sections": queries.sections(),
        "liked": _cards(_kept("liked", liked)),
        "newest": _cards(_kept("newest", newest)),
        "popular": popular(now),
        "feedbacks": latest_feedback(),
        "numbers": _kept("numbers", numbers),
        "terms": terms(),
    }
    if isinstance(request.user, User):
        context |= {"tasks": tasks(request.user, now), "returned": returned(request.user)}
    return render(request, "marketplace/front.html", context)


def tasks(user: User, now: datetime) -> list[Task]:
    """The orders that wait for this user, as buyer and as seller, what is due first on top."""
    # Both lists begin with what awaits the user.
    seen = [(role, order) for role in Role for order in orders_as(user, role, now)[:TASKS_MOST]]
    found = [_task(order, role, now) for role, order in seen if getattr(order, "awaits", False)]
    found.sort(key=lambda task: (task.due_at is None, task.due_at or now, task.order.pk))
    return found[:TASKS_MOST]


def returned(user: User) -> int:
    """How many of the user's kworks a moderator has sent back with remarks."""
    return KworkDraft.objects.filter(kwork__seller=user, status=DraftStatus.RETURNED).count()


def liked() -> list[int]:
    """The ids of the kworks on sale with the most likes."""
    return list(
        queries.on_sale().filter(likes__gt=0).order_by("-likes", "-id").values_list("pk", flat=True)[:LIKED_MOST]
    )


def newest() -> list[int]:
    """The ids of the kworks that came on sale last."""
    return list(queries.on_sale().order_by("-published_at", "-id").values_list("pk", flat=True)[:NEWEST_MOST])


def popular(now: datetime) -> list[Category]:
    """The categories with the most orders of the last 30 days."""

    def chosen() -> list[int]:
        recent = Order.objects.filter(placed_at__gt=now - POPULAR_WITHIN).order_by().values("kwork__category")
        counted = recent.annotate(count=Count("pk")).order_by("-count", "kwork__category")
        return list(counted.values_list("kwork__category", flat=True)[:POPULAR_MOST])

    ids = _kept("popular", chosen)
    return sorted(Category.objects.filter(pk__in=ids).select_related("parent"), key=lambda each: ids.index(each.pk))


def latest_feedback() -> list[Feedback]:
    """What buyers said last, good or bad, about kworks that are still on sale."""
    found = Feedback.objects.filter(kwork__in=queries.on_sale()).select_related("author", "kwork")
    return list(found.order_by("-id")[:FEEDBACK_MOST])


def numbers() -> Numbers:
    feedback = Feedback.objects.aggregate(all=Count("pk"), liked=Count("pk", filter=Q(positive=True)))
    return Numbers(
        on_sale=queries.on_sale().count(),
        completed=Order.objects.filter(status=Status.COMPLETED).count(),
        liked_percent=100 * feedback["liked"] // feedback["all"] if feedback["all"] else None,
    )


def terms() -> dict[str, int | Money]:
    """The numbers of the rules that the page tells, in the units it tells them in."""
    return {
        "start_hours": int(START_WITHIN.total_seconds() // 3600),
        "review_days": REVIEW_WITHIN.days,
        "mistake_minutes": int(MISTAKE_WITHIN.total_seconds() // 60),
        "moderation_days": MODERATION_DAYS,
        "share_percent": (BASIS_POINTS - COMMISSION_BASIS_POINTS) // 100,
        "commission_percent": COMMISSION_BASIS_POINTS // 100,
        "example_price": EXAMPLE_PRICE,
        "example_share": seller_share(EXAMPLE_PRICE),
        "price_least": PRICE_LEAST,
    }


def _task(order: Order, role: Role, now: datetime) -> Task:
    due_at: datetime | None = getattr(order, "next_at", None)
    past = order.is_expired(now)
    if role is Role.SELLER:
        starting = order.status == Status.PLACED
        words = (
            _("Start working")
            if starting
            else _("Deliver: the deadline has passed")
            if past
            else _("Deliver the result")
        )
        return Task(order, order.buyer, words, "play" if starting else "package-check", due_at, past)
    if order.status == Status.DELIVERED:
        return Task(order, order.seller, _("Look at the result: accept it or return it"), "package-open", due_at, past)
    return Task(order, order.seller, _("Send the information the seller asks for"), "clipboard-list", None, past=False)


def _cards(ids: list[int]) -> list[Kwork]:
    """The kworks of these ids that are still on sale, in this order."""
    return sorted(queries.cards(queries.on_sale().filter(pk__in=ids)), key=lambda kwork: ids.index(kwork.pk))


def _kept(name: str, choose: Callable[[], _Kept]) -> _Kept:
    found: _Kept | None = cache.get(f"front:{name}")
    if found is None:
        found = choose()
        cache.set(f"front:{name}", found, KEPT.total_seconds())
    return found
