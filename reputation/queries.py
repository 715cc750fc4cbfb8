"""Feedback as it is shown, and whose turn it is to leave some (RAT-06)."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from orders.models import Order, Outcome
from reputation.models import Feedback


def feedback_on(order: Order) -> Feedback | None:
    """What the buyer said about an order, if anything."""
    return Feedback.objects.select_related("author").filter(order=order).first()


def may_leave(order: Order, viewer: User) -> bool:
    """Whether the viewer is the buyer of an order that ended with a right to feedback (CAN-18) and has none yet."""
    if viewer.pk != order.buyer_id or not Outcome.objects.filter(order=order, feedback=True).exists():
        return False
    return not Feedback.objects.filter(order=order).exists()


def of_kwork(kwork_id: int) -> QuerySet[Feedback]:
    """All feedback on a kwork, newest first."""
    return Feedback.objects.filter(kwork_id=kwork_id).select_related("author").order_by("-id")


def of_seller(seller: User) -> QuerySet[Feedback]:
    """All feedback on a seller's work, newest first, with the kwork it is about."""
    return Feedback.objects.filter(seller=seller).select_related("author", "kwork").order_by("-id")
