"""Which orders and choices belong to whom: views start here, so that a stranger finds nothing."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.models import User
from orders.models import Checkout, Order


def orders_of(user: User) -> QuerySet[Order]:
    """Orders in which the user is buyer or seller, with both sides."""
    return Order.objects.filter(Q(buyer=user) | Q(seller=user)).select_related("buyer", "seller")


def orders_seen_by(user: User) -> QuerySet[Order]:
    """Orders whose page the user may open: one's own; staff may read all."""
    return Order.objects.select_related("buyer", "seller") if user.is_staff else orders_of(user)


def choices_of(user: User) -> QuerySet[Checkout]:
    """The user's own choices, ordered or not."""
    return Checkout.objects.filter(buyer=user).select_related("kwork__seller", "order", "top_up")
