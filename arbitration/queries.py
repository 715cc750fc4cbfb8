"""What a user may do to end an order before its time, and exactly what would follow (CAN-19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from arbitration import steps
from arbitration.rules import REASONS, Reason
from core import formats
from core.money import ZERO
from finance import escrow, ledger
from orders.models import Order, Status
from orders.steps.moving import actor_of


@dataclass(frozen=True)
class Way:
    """One reason of the table for one viewer: what follows from it and `when` it is open, or why it is not open now."""

    reason: Reason
    when: str
    follows: tuple[str, ...] = ()


def ways(order: Order, viewer: User, now: datetime) -> list[Way]:
    """The cancellation reasons of the viewer's side while the order is open; none for others and once it is over."""
    actor = actor_of(order, viewer)
    if not order.is_open:
        return []
    return [_way(order, reason, viewer, now) for reason in REASONS.values() if reason.actor is actor]


def _way(order: Order, reason: Reason, viewer: User, now: datetime) -> Way:
    if steps.may_cancel(order, reason, by=viewer, now=now):
        return Way(reason, OPEN_WORDS[reason.rule](order), follows=tuple(_follows(order, reason)))
    return Way(reason, CLOSED_WORDS[reason.rule](order))


def _mistake_open(order: Order) -> str:
    until = formats.moment(steps.mistake_until(order))
    return _("Possible until %(time)s, before anything is delivered.") % {"time": until}


def _mistake_closed(order: Order) -> str:
    if order.delivered_at is not None:
        return _("It was possible until the first delivery.")
    return _("It was possible until %(time)s.") % {"time": formats.moment(steps.mistake_until(order))}


def _delay_open(_order: Order) -> str:
    return _("Possible until the result is delivered.")


def _delay_closed(order: Order) -> str:
    if order.status == Status.DELIVERED or order.deadline is None:
        return _("Possible only while the work is past its deadline.")
    return _("Possible from %(time)s, if nothing is delivered by then.") % {"time": formats.moment(order.deadline)}


OPEN_WORDS = {"CAN-01": _mistake_open, "CAN-02": _delay_open}
CLOSED_WORDS = {"CAN-01": _mistake_closed, "CAN-02": _delay_closed}


def _follows(order: Order, reason: Reason) -> list[str]:
    seller = {"seller": order.seller.shown_name}
    lines = [*_refund(order), _("It takes effect at once: %(seller)s is told, but not asked.") % seller]
    if reason.lowers_seller:
        lines.append(_("It counts against the rating of %(seller)s.") % seller)
    else:
        lines.append(_("It has no effect on the rating of %(seller)s.") % seller)
    if reason.feedback:
        lines.append(_("You may leave feedback on this order."))
    else:
        lines.append(_("You cannot leave feedback on this order."))
    return lines


def _refund(order: Order) -> list[str]:
    """The refund, each part to the balance it came from (CAN-16)."""
    words = {
        ledger.main_of(order.buyer): _("%(amount)s returns to your main balance."),
        ledger.bonus_of(order.buyer): _("%(amount)s returns to your bonus balance."),
    }
    origins = escrow.origins(order.escrow_key, order.buyer)
    return [words[place] % {"amount": formats.money(amount)} for place, amount in origins.items() if amount > ZERO]
