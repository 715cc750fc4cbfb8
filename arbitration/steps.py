"""Canceling an order for one of the table's reasons."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.rules import REASONS
from core import formats
from core.refusals import NotAllowed, OutOfTurn
from orders.models import Order, Status
from orders.rules import Terms
from orders.steps import ending
from orders.steps.moving import actor_of


def mistake_until(order: Order) -> datetime:
    """Until when the buyer may cancel an order placed by mistake (CAN-01), by the terms the order is pinned to."""
    return order.placed_at + Terms(**order.terms).mistake_within


def may_cancel_by_mistake(order: Order, *, by: User, now: datetime) -> bool:
    """CAN-01: the buyer, within 20 minutes of placing, while nothing has been delivered."""
    open_and_undelivered = order.status in (Status.PLACED, Status.IN_WORK) and order.delivered_at is None
    return by.pk == order.buyer_id and open_and_undelivered and now < mistake_until(order)


def cancel_by_mistake(order_id: int, *, by: User, now: datetime) -> None:
    """Cancel at once with a full refund and no effect on ratings (CAN-01, CAN-16).

    Refused: anyone but the buyer, later than 20 minutes after the order, after a delivery.
    """
    reason = REASONS["CAN-01"]
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).get(pk=order_id)
        if actor_of(order, by) is not reason.actor:
            raise NotAllowed(_("Only the buyer can cancel an order as ordered by mistake."))
        if order.is_open and not may_cancel_by_mistake(order, by=by, now=now):
            raise OutOfTurn(
                _("An order can be canceled as a mistake only within %(time)s and before anything is delivered.")
                % {"time": formats.elapsed(Terms(**order.terms).mistake_within)}
            )
        ending.cancel(order_id, cause=reason.rule, lowers_seller=reason.lowers_seller, by=by, now=now)
