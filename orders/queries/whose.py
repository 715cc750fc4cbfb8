"""Which orders and choices belong to whom: views start here, so that a stranger finds nothing."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.models import User
from orders.models import Checkout, Offer, Order


def orders_of(user: User) -> QuerySet[Order]:
    """Orders in which the user is buyer or seller, with both sides."""
    return Order.objects.filter(Q(buyer=user) | Q(seller=user)).select_related("buyer", "seller")


def may_read_all(user: User) -> bool:
    """Whether the user is staff who may read orders of others: to look something up, or to decide disputes."""
    return user.is_staff and (user.has_perm("orders.view_order") or user.has_perm("arbitration.arbitrate"))


def orders_seen_by(user: User) -> QuerySet[Order]:
    """Orders whose page the user may open: one's own; staff with the permission may read all."""
    return Order.objects.select_related("buyer", "seller") if may_read_all(user) else orders_of(user)


def offers_of(user: User) -> QuerySet[Offer]:
    """Offers inside the user's orders, made or received (ORD-14)."""
    mine = Q(order__buyer=user) | Q(order__seller=user)
    return Offer.objects.filter(mine).select_related("order__buyer", "order__seller")


def choices_of(user: User) -> QuerySet[Checkout]:
    """The user's own choices, ordered or not."""
    return Checkout.objects.filter(buyer=user).select_related("kwork__seller", "order", "top_up")
