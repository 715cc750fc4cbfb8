"""The one timer of a dispute: what happens to an order when nobody answers in time (CAN-15, REV-03, REV-05)."""

from __future__ import annotations

from datetime import datetime

from arbitration.models import Mediation, MediationStatus
from arbitration.steps import canceling, rejecting
from orders.models import Dispute, Order


def dispute_due(order_id: int, now: datetime) -> None:
    """A request is confirmed, a mediation ends, a rejection takes effect: whichever the order's dispute is at."""
    order = Order.objects.get(pk=order_id)
    running = Mediation.objects.filter(
        rejection__order=order, rejection__status="open", status__in=[MediationStatus.HIRED, MediationStatus.PROPOSED]
    )
    if order.dispute == Dispute.REQUEST:
        canceling.confirm_by_time(order_id, now)
    elif running.exists():
        rejecting.end_mediation(order_id, by=None, now=now)
    else:
        rejecting.take_effect(order_id, now)
