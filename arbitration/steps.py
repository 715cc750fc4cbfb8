"""Canceling an order for one of the table's reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.rules import REASONS, Reason
from core import formats
from core.refusals import Invalid, NotAllowed, OutOfTurn
from orders.models import Order, Status
from orders.moves import Actor
from orders.rules import Terms
from orders.steps import ending
from orders.steps.moving import actor_of


@dataclass(frozen=True)
class Window:
    """When a reason can be given for an open order, and the sentence that refuses it at any other time."""

    is_open: Callable[[Order, datetime], bool]
    refusal: Callable[[Order], str]


def mistake_until(order: Order) -> datetime:
    """Until when the buyer may cancel an order placed by mistake (CAN-01), by the terms the order is pinned to."""
    return order.placed_at + Terms(**order.terms).mistake_within


def _is_mistake(order: Order, now: datetime) -> bool:
    undelivered = order.status in (Status.PLACED, Status.IN_WORK) and order.delivered_at is None
    return undelivered and now < mistake_until(order)


def _no_mistake(order: Order) -> str:
    within = formats.elapsed(Terms(**order.terms).mistake_within)
    return _("An order can be canceled as a mistake only within %(time)s and before anything is delivered.") % {
        "time": within
    }


def _not_expired(_order: Order) -> str:
    return _("An order can be canceled as not done on time only while it is Expired.")


WINDOWS = {
    "CAN-01": Window(_is_mistake, _no_mistake),
    "CAN-02": Window(Order.is_expired, _not_expired),
}


def may_cancel(order: Order, reason: Reason, *, by: User, now: datetime) -> bool:
    """Whether this user may end the order for this reason now."""
    return actor_of(order, by) is reason.actor and order.is_open and WINDOWS[reason.rule].is_open(order, now)


def cancel(order_id: int, rule: str, *, by: User, now: datetime) -> None:
    """Cancel at once with a full refund (CAN-16), with the effect on rating and feedback that the table gives the reason.

    Refused: no such reason, anyone but the side whose reason it is, outside of the reason's time (CAN-01, CAN-02).
    """
    reason = REASONS.get(rule)
    if reason is None:
        raise Invalid(_("Choose a reason for canceling the order."))
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).get(pk=order_id)
        if actor_of(order, by) is not reason.actor:
            raise NotAllowed(_only(reason.actor))
        if order.is_open and not may_cancel(order, reason, by=by, now=now):
            raise OutOfTurn(WINDOWS[rule].refusal(order))
        lowers, feedback = reason.lowers_seller, reason.feedback
        ending.cancel(order_id, cause=rule, lowers_seller=lowers, feedback=feedback, by=by, now=now)


def cancel_by_mistake(order_id: int, *, by: User, now: datetime) -> None:
    """The buyer takes back an order placed by mistake (CAN-01)."""
    cancel(order_id, "CAN-01", by=by, now=now)


def _only(actor: Actor) -> str:
    if actor is Actor.BUYER:
        return _("Only the buyer can cancel an order for this reason.")
    return _("Only the seller can cancel an order for this reason.")
