"""Leaving feedback (RAT-06)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import Invalid, NotAllowed, OutOfTurn
from kworks.steps import score
from orders.models import Order, Outcome
from reputation.models import Feedback
from reputation.rules import FEEDBACK_MOST


def leave_feedback(order_id: int, *, positive: bool, text: str, by: User, now: datetime) -> Feedback:
    """The buyer of an ended order says once how it was (RAT-06, CAN-18).

    Refused: anybody else, an open order, an ending that gives no right to feedback, a second time.
    """
    text = text.strip()
    if not text:
        raise Invalid(_("Write a sentence or two: others choose by what you say."))
    if len(text) > FEEDBACK_MOST:
        raise Invalid(_("The text is longer than %(most)s characters.") % {"most": FEEDBACK_MOST})
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).get(pk=order_id)
        if by.pk != order.buyer_id:
            raise NotAllowed(_("Only the buyer can leave feedback."))
        if order.is_open:
            raise OutOfTurn(_("Feedback can be left once the order is completed."))
        if not Outcome.objects.filter(order=order, feedback=True).exists():
            raise OutOfTurn(_("No feedback can be left on an order that was canceled for this reason."))
        if Feedback.objects.filter(order=order).exists():
            raise OutOfTurn(_("You have left feedback on this order already."))
        feedback = Feedback.objects.create(
            order=order,
            kwork_id=order.kwork_id,
            seller_id=order.seller_id,
            author=by,
            positive=positive,
            text=text,
            at=now,
        )
        score.count_feedback(order.kwork_id, positive=positive)
        record("feedback.left", feedback, by=by, now=now, order=order.pk)
    return feedback
