"""How an order ends: the money moves and the outcome is written in the same transaction as the status (ORD-05, ORD-11)."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from finance import escrow
from orders.models import Order, Outcome, Status
from orders.steps.moving import Moving, moving


def accept(order_id: int, *, by: User, now: datetime) -> None:
    """The buyer accepts the delivery: the seller is paid, the commission booked (ORD-08, ORD-11)."""
    with moving(order_id, "accept", by=by, now=now) as step:
        _complete(step, "ORD-08", by=by, now=now)


def complete_by_time(order_id: int, now: datetime) -> None:
    """Nobody answered a delivery for 3 days: it counts as accepted (ORD-08)."""
    with moving(order_id, "complete", by=None, now=now) as step:
        _complete(step, "ORD-08", by=None, now=now)


def lapse(order_id: int, now: datetime) -> None:
    """The seller did not start within 24 hours: canceled, refunded, the seller's rating lowered (ORD-05).

    It is a delay, so the buyer may leave feedback (CAN-18).
    """
    with moving(order_id, "lapse", by=None, now=now) as step:
        _cancel(step, "ORD-05", lowers_seller=True, feedback=True, by=None, now=now)


def cancel(order_id: int, *, cause: str, lowers_seller: bool, feedback: bool, by: User, now: datetime) -> None:
    """End an open order with a full refund for a reason (a rule id) that the cancellation table has already allowed."""
    with moving(order_id, "cancel", by=by, now=now) as step:
        _cancel(step, cause, lowers_seller=lowers_seller, feedback=feedback, by=by, now=now)


def _complete(step: Moving, cause: str, *, by: User | None, now: datetime) -> None:
    order = step.order
    escrow.release(order.escrow_key, order.seller, order.seller_share, reference=order.number, by=by, now=now)
    _end(step, cause, completed=True, lowers_seller=_was_late(order, now), feedback=True, now=now)


def _cancel(step: Moving, cause: str, *, lowers_seller: bool, feedback: bool, by: User | None, now: datetime) -> None:
    order = step.order
    escrow.refund(order.escrow_key, order.buyer, reference=order.number, by=by, now=now)
    _end(step, cause, completed=False, lowers_seller=lowers_seller, feedback=feedback, now=now)


def _end(step: Moving, cause: str, *, completed: bool, lowers_seller: bool, feedback: bool, now: datetime) -> None:
    order = step.order
    late = _was_late(order, now)
    order.ended_at = now
    order.start_due_at = order.review_due_at = None
    Outcome.objects.create(
        order=order,
        completed=completed,
        late=late,
        cause=cause,
        lowers_seller=lowers_seller,
        feedback=feedback,
        at=now,
    )
    step.facts |= {"cause": cause, "late": late}


def _was_late(order: Order, now: datetime) -> bool:
    """Whether the deadline had passed before the delivery in review or, without one, before the end (ORD-09).

    Work that never started cannot be late: that it did not start is another fact.
    """
    if order.started_at is None or order.deadline is None:
        return False
    last_word = order.delivered_at if order.status == Status.DELIVERED else None
    return order.deadline <= (last_word or now)
