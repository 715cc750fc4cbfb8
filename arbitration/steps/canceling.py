"""Canceling an order for a reason of the table: at once, or asked for and answered by the other side (CAN-01 to CAN-17)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.foresight import Effect, foresee, reason_of
from arbitration.models import CancelRequest, RequestStatus
from arbitration.queries.whose import is_arbiter, mediates
from arbitration.rules import TEXT_MOST
from arbitration.steps.overtaking import overtake
from core.refusals import Invalid, NotAllowed
from core.visible import visible
from orders.models import Fault, Order
from orders.moves import Actor
from orders.steps.ending import Ending, canceling, end
from orders.steps.moving import moving


def cancel(order_id: int, rule: str, *, text: str = "", by: User, now: datetime) -> Effect:
    """Cancel for a reason of one's side, with the very effect that `foresee` previews: at once, or as a request (CAN-15).

    Refused: no such reason, the other side's reason, outside of its time, a second request at a time.
    """
    reason = reason_of(rule)
    text = checked(text)
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).get(pk=order_id)
        effect = foresee(order, reason, by=by, now=now)
        if effect.at_once:
            with canceling(order_id, "cancel", by=by, now=now) as step:
                overtake(order_id, now)
                step.facts["text"] = text
                end(step, effect.ending, by=by, now=now)
        else:
            _ask(order_id, effect, text, by=by, now=now)
    return effect


def confirm(order_id: int, *, by: User, now: datetime) -> None:
    """The other side agrees to the cancellation: refunded, with the effects of the reason (CAN-15).

    Refused: the side that asked, a request that was withdrawn or answered.
    """
    with canceling(order_id, "confirm_cancel", by=by, now=now) as step:
        request = _waiting(order_id)
        if request.by_id == by.pk:
            raise NotAllowed(_("The other side confirms or declines; you can withdraw the request."))
        _answer(request, RequestStatus.CONFIRMED, now)
        end(step, _ending(request), by=by, now=now)


def confirm_by_time(order_id: int, now: datetime) -> None:
    """A request that nobody answered in 2 days is confirmed by itself (CAN-15)."""
    with canceling(order_id, "confirm_cancel_by_time", by=None, now=now) as step:
        request = _waiting(order_id)
        _answer(request, RequestStatus.CONFIRMED, now)
        end(step, _ending(request), by=None, now=now)


def decline(order_id: int, *, text: str, by: User, now: datetime) -> None:
    """The other side says no, with a reason; the timers go on with what was left (CAN-15, CAN-17)."""
    text = checked(text)
    if not text:
        raise Invalid(_("Say why you decline: the other side needs your reason."))
    with moving(order_id, "decline_cancel", by=by, now=now) as step:
        request = _waiting(order_id)
        if request.by_id == by.pk:
            raise NotAllowed(_("The other side confirms or declines; you can withdraw the request."))
        request.answer = text
        _answer(request, RequestStatus.DECLINED, now)
        step.facts |= {"cause": request.rule, "text": text}


def withdraw(order_id: int, *, by: User, now: datetime) -> None:
    """The side that asked takes the request back; the timers go on with what was left (CAN-15, CAN-17)."""
    with moving(order_id, "withdraw_cancel", by=by, now=now) as step:
        request = _waiting(order_id)
        if request.by_id != by.pk:
            raise NotAllowed(_("Only the side that asked can withdraw the request."))
        _answer(request, RequestStatus.WITHDRAWN, now)
        step.facts["cause"] = request.rule


def cancel_prohibited(order_id: int, *, lowers_seller: bool, text: str, by: User, now: datetime) -> None:
    """Staff cancel an order for prohibited content at any time, in whatever dispute (CAN-14, CAT-19).

    Refused: staff without the right to decide disputes, a side of the order, no written reason.
    """
    text = checked(text)
    if not is_arbiter(by) or mediates(by, order_id):
        raise NotAllowed(_("Only support staff can do this."))
    if not text:
        raise Invalid(_("Write what is prohibited: both sides are told."))
    fault = Fault.SELLER if lowers_seller else Fault.NOBODY
    with canceling(order_id, "cancel_by_staff", by=by, now=now, actor=Actor.STAFF) as step:
        overtake(order_id, now, by=by)
        step.facts["text"] = text
        end(step, Ending("CAN-14", fault, lowers_seller, feedback=False), by=by, now=now)


def checked(text: str) -> str:
    """A written reason without blanks around it and without what cannot be seen. Refused: one that is too long."""
    text = visible(text).strip()
    if len(text) > TEXT_MOST:
        raise Invalid(_("The text is longer than %(most)s characters.") % {"most": TEXT_MOST})
    return text


def _ask(order_id: int, effect: Effect, text: str, *, by: User, now: datetime) -> None:
    reason = effect.reason
    with moving(order_id, "ask_to_cancel", by=by, now=now) as step:
        CancelRequest.objects.create(
            order=step.order,
            rule=reason.rule,
            by=by,
            text=text,
            fault=reason.fault,
            lowers_seller=reason.lowers_seller,
            feedback=reason.feedback,
            at=now,
        )
        assert effect.until is not None
        step.order.dispute_due_at = effect.until
        side = "buyer" if reason.actor is Actor.BUYER else "seller"
        step.facts |= {"cause": reason.rule, "side": side, "text": text, "due_at": effect.until.isoformat()}


def _waiting(order_id: int) -> CancelRequest:
    """The request of an order whose lock is held; the door has seen that there is one."""
    return CancelRequest.objects.get(order_id=order_id, status=RequestStatus.WAITING)


def _answer(request: CancelRequest, status: RequestStatus, now: datetime) -> None:
    request.status, request.answered_at = status, now
    request.save(update_fields=["status", "answered_at", "answer"])


def _ending(request: CancelRequest) -> Ending:
    return Ending(request.rule, Fault(request.fault), request.lowers_seller, request.feedback)
