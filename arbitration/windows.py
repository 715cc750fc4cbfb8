"""When a cancellation reason can be given: the conditions of the table (CAN-01 to CAN-13), each with its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from arbitration.rules import Window
from core import formats
from orders.models import Order, Status
from orders.rules import Terms


@dataclass(frozen=True)
class Opening:
    """Whether a reason can be given now, in `words` why (not); `until` when it still can, `since` when it will be possible."""

    is_open: bool
    words: str
    until: datetime | None = None
    since: datetime | None = None


def opening(order: Order, window: Window, now: datetime) -> Opening:
    """The state of one window of an open order."""
    return _WINDOWS[window](order, now)


def mistake_until(order: Order) -> datetime:
    """Until when the buyer may cancel an order placed by mistake (CAN-01), by the terms the order is pinned to."""
    return order.placed_at + Terms(**order.terms).mistake_within


def _mistake(order: Order, now: datetime) -> Opening:
    until = mistake_until(order)
    within = {"time": formats.elapsed(Terms(**order.terms).mistake_within)}
    if order.delivered_at is not None:
        return Opening(False, _("It was possible until the first delivery."))
    if until <= now:
        return Opening(
            False, _("Possible only within %(time)s of the order and before anything is delivered.") % within
        )
    return Opening(
        True, _("Possible for %(time)s after the order, before anything is delivered.") % within, until=until
    )


def _expired(order: Order, now: datetime) -> Opening:
    if order.is_expired(now):
        return Opening(True, _("Possible while the work is past its deadline."))
    words = _("Possible only while the work is past its deadline.")
    if order.status == Status.DELIVERED or order.deadline is None:
        return Opening(False, words)
    return Opening(False, words, since=order.deadline)


def _open(_order: Order, _now: datetime) -> Opening:
    return Opening(True, _("Possible as long as the order is open."))


def _seller_silent(order: Order, now: datetime) -> Opening:
    return _silent(
        order,
        order.buyer_waits_since,
        now,
        yes=_("The seller has not answered your message for %(time)s."),
        no=_("Possible when the seller leaves a message of yours without an answer for %(time)s."),
    )


def _buyer_silent(order: Order, now: datetime) -> Opening:
    if order.status != Status.IN_WORK:
        return Opening(False, _("Possible only while the order is in work."))
    return _silent(
        order,
        order.seller_waits_since,
        now,
        yes=_("The buyer has not answered your message for %(time)s."),
        no=_("Possible when the buyer leaves a message of yours without an answer for %(time)s."),
    )


def _silent(order: Order, since: datetime | None, now: datetime, *, yes: str, no: str) -> Opening:
    span = Terms(**order.terms).silent_after
    words = {"time": formats.elapsed(span)}
    # A day without an answer counts like the order's other clocks: it stands still during a dispute (CAN-17).
    if since is not None and since + span <= order.timers_now(now):
        return Opening(True, yes % words)
    return Opening(False, no % words, since=since + span if since else None)


def _delivered(order: Order, _now: datetime) -> Opening:
    if order.delivered_at is not None:
        return Opening(True, _("Possible after the first delivery."))
    return Opening(False, _("Possible only after a first delivery."))


def _seller_busy(order: Order, now: datetime) -> Opening:
    if order.status == Status.PLACED:
        return Opening(True, _("Possible as long as the seller has not started."))
    return _seller_silent(order, now)


def _before_start(order: Order, _now: datetime) -> Opening:
    if order.status == Status.PLACED:
        return Opening(True, _("Possible before you start working."))
    return Opening(False, _("Possible only before you start working."))


def _reminded(order: Order, now: datetime) -> Opening:
    before = _before_start(order, now)
    if not before.is_open:
        return before
    if order.reminded_at is None:
        return Opening(False, _("Remind the buyer of the information first."))
    return Opening(True, _("You have reminded the buyer, and nothing has come since."))


_WINDOWS: dict[Window, Callable[[Order, datetime], Opening]] = {
    Window.MISTAKE: _mistake,
    Window.EXPIRED: _expired,
    Window.OPEN: _open,
    Window.SELLER_SILENT: _seller_silent,
    Window.DELIVERED: _delivered,
    Window.SELLER_BUSY: _seller_busy,
    Window.BEFORE_START: _before_start,
    Window.REMINDED: _reminded,
    Window.BUYER_SILENT: _buyer_silent,
}
