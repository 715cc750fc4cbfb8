"""From placing to delivery: information, start, expiry, delivery, return (ORD-04 to ORD-09)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from core.models import Upload
from core.refusals import Invalid, OutOfTurn
from orders.models import Dispute, Message, MessageKind, Order, Policy
from orders.rules import Terms
from orders.steps.moving import moving, third_person, timer
from orders.steps.thread import add_message, next_number


def send_information(
    order_id: int, *, text: str, files: Sequence[Upload] = (), token: UUID | None = None, by: User, now: datetime
) -> Message:
    """The buyer answers the seller's instruction, at once or later, also repeatedly (ORD-04); starts the lead time (ORD-06)."""
    with moving(order_id, "send_information", by=by, now=now) as step:
        order = step.order
        message = add_message(order, MessageKind.BRIEF, text=text, files=files, token=token, by=by, now=now)
        if order.briefed_at is None:
            order.briefed_at = now
            _run_lead_time(order, now)
        order.reminded_at = None
        step.facts["message"] = message.pk
    return message


def remind(order_id: int, *, by: User, now: datetime) -> None:
    """The seller asks for the information that the work needs; only then can its lack be a reason to cancel (CAN-09).

    Refused: a second time before the buyer has sent any.
    """
    with moving(order_id, "remind", by=by, now=now) as step:
        if step.order.reminded_at is not None:
            raise OutOfTurn(_("You have reminded the buyer already."))
        step.order.reminded_at = now


def start(order_id: int, *, by: User, now: datetime) -> None:
    """The seller starts working within the 24 hours of ORD-05; starts the lead time unless it runs already (ORD-06)."""
    with moving(order_id, "start", by=by, now=now) as step:
        step.order.started_at = now
        step.order.start_due_at = None
        _run_lead_time(step.order, now)


def expire(order_id: int, now: datetime) -> None:
    """Note that the deadline has passed (ORD-07): work and delivery go on, the buyer may cancel. Once for each order."""
    with moving(order_id, "expire", by=None, now=now) as step:
        if step.order.expired_at is not None:
            raise OutOfTurn(_("The order has expired already."))
        step.order.expired_at = now


def deliver(
    order_id: int, *, text: str, files: Sequence[Upload] = (), token: UUID | None = None, by: User, now: datetime
) -> Message:
    """The seller hands over a numbered result; the buyer's 3 days begin and the lead time stands still (ORD-08, ORD-09)."""
    with moving(order_id, "deliver", by=by, now=now) as step:
        order = step.order
        number = next_number(order, MessageKind.DELIVERY)
        message = add_message(
            order, MessageKind.DELIVERY, number=number, text=text, files=files, token=token, by=by, now=now
        )
        order.delivered_at = now
        order.review_due_at = timer(order, Terms(**order.terms).review_within, now)
        running = order.dispute == Dispute.NONE
        step.facts |= {"number": number, "message": message.pk, "review_runs": running}
    return message


def return_for_revision(
    order_id: int, *, reasons: str, files: Sequence[Upload] = (), token: UUID | None = None, by: User, now: datetime
) -> Message:
    """The buyer sends a delivery back with reasons (ORD-09); the deadline moves by the time the review took."""
    if not reasons.strip():
        raise Invalid(_("Say what should be changed: the seller needs your reasons."))
    with moving(order_id, "return", by=by, now=now) as step:
        order = step.order
        number = next_number(order, MessageKind.RETURN)
        message = add_message(
            order, MessageKind.RETURN, number=number, text=reasons, files=files, token=token, by=by, now=now
        )
        if order.deadline and order.delivered_at and order.deadline > order.delivered_at:
            order.deadline += now - order.delivered_at
        if order.deadline and order.deadline > order.lead_time_now(now):
            order.expired_at = None
        order.review_due_at = None
        step.facts |= {"number": number, "message": message.pk}
    return message


def change_policy(order_id: int, policy: Policy, *, by: User, now: datetime) -> None:
    """Staff let an order that nobody works on yet be left by rejection instead of by reasons, or the other way (REV-02)."""
    with moving(order_id, "change_policy", by=by, now=now, actor=third_person(by)) as step:
        if step.order.policy == policy:
            raise OutOfTurn(_("The order has these terms already."))
        step.order.policy = policy
        step.facts["policy"] = policy


def _run_lead_time(order: Order, now: datetime) -> None:
    if order.deadline is None:
        order.deadline = now + timedelta(hours=order.lead_hours)
