"""The lists "My orders" and "Manage orders" (ORD-03): what awaits the viewer first, then what is due next."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import BooleanField, Case, Count, DateTimeField, ExpressionWrapper, F, Q, QuerySet, When

from accounts.models import Role, User
from orders.models import OPEN_STATUSES, Order, Status


@dataclass(frozen=True)
class Tab:
    """One status with the number of the viewer's orders in it; an empty status is all of them."""

    status: str
    count: int


def orders_as(user: User, role: Role) -> QuerySet[Order]:
    """The user's purchases or sales, each with `awaits` (the user must act) and `next_at` (when its next clock ends)."""
    orders = Order.objects.filter(**{role.value: user}).select_related("buyer", "seller")
    return orders.annotate(
        awaits=ExpressionWrapper(_awaits(role), output_field=BooleanField()), next_at=_next_at()
    ).order_by("-awaits", F("next_at").asc(nulls_last=True), "-id")


def tabs(user: User, role: Role) -> list[Tab]:
    """How many orders the user has in each status, all of them first."""
    grouped = Order.objects.filter(**{role.value: user}).order_by().values_list("status").annotate(Count("pk"))
    counts: dict[str, int] = dict(grouped)
    return [Tab("", sum(counts.values())), *(Tab(status, counts.get(status, 0)) for status in Status)]


def found(orders: QuerySet[Order], words: str) -> QuerySet[Order]:
    """Those whose number begins with the words or whose title holds them."""
    words = words.strip()
    return orders.filter(Q(number__startswith=words) | Q(title__icontains=words)) if words else orders


def _awaits(role: Role) -> Q:
    if role is Role.SELLER:
        return Q(status__in=[Status.PLACED, Status.IN_WORK])
    asked = Q(status__in=OPEN_STATUSES, briefed_at__isnull=True) & ~Q(instruction="")
    return Q(status=Status.DELIVERED) | asked


def _next_at() -> Case:
    return Case(
        When(status=Status.PLACED, then=F("start_due_at")),
        When(status=Status.IN_WORK, then=F("deadline")),
        When(status=Status.DELIVERED, then=F("review_due_at")),
        output_field=DateTimeField(),
    )
