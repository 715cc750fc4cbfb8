"""What a user may do to end an order before its time, and exactly what would follow (CAN-19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.foresight import Effect, foresee
from arbitration.rules import REASONS, Reason
from arbitration.windows import Opening, opening
from core import formats
from core.money import ZERO, Money
from core.refusals import Refusal
from finance import ledger
from finance.ledger import Place
from orders.models import Order
from orders.steps.moving import actor_of


@dataclass(frozen=True)
class Way:
    """One reason of the table for one viewer: what follows from it, line by line, or why it is refused now."""

    reason: Reason
    opening: Opening
    follows: tuple[str, ...] = ()
    refusal: str = ""
    at_once: bool = False


def ways(order: Order, viewer: User, now: datetime) -> list[Way]:
    """The cancellation reasons of the viewer's side while the order is open; none for others and once it is over."""
    actor = actor_of(order, viewer)
    if not order.is_open:
        return []
    reasons = [each for each in REASONS.values() if each.actor is actor and order.policy in each.policies]
    return [_way(order, reason, viewer, now) for reason in reasons]


def _way(order: Order, reason: Reason, viewer: User, now: datetime) -> Way:
    window = opening(order, reason.window, now)
    try:
        effect = foresee(order, reason, by=viewer, now=now)
    except Refusal as refusal:
        return Way(reason, window, refusal=str(refusal))
    return Way(reason, window, follows=tuple(follows(order, effect, viewer)), at_once=effect.at_once)


def follows(order: Order, effect: Effect, viewer: User) -> list[str]:
    """An effect in words for the viewer: who decides until when, the refund, rating and feedback."""
    return [
        _decision(order, effect, viewer),
        *refund_lines(order, effect.shares.refund, viewer),
        _rating(order, effect.reason, viewer),
        _feedback(order, effect.reason, viewer),
    ]


def refund_lines(order: Order, parts: dict[Place, Money], viewer: User) -> list[str]:
    """Each part of a refund with the balance it returns to (CAN-16)."""
    mine = viewer.pk == order.buyer_id
    words = {
        ledger.main_of(order.buyer): _("%(amount)s returns to your main balance.")
        if mine
        else _("%(amount)s returns to the main balance of %(buyer)s."),
        ledger.bonus_of(order.buyer): _("%(amount)s returns to your bonus balance.")
        if mine
        else _("%(amount)s returns to the bonus balance of %(buyer)s."),
    }
    return [
        words[place] % {"amount": formats.money(amount), "buyer": order.buyer.shown_name}
        for place, amount in parts.items()
        if amount > ZERO
    ]


def _decision(order: Order, effect: Effect, viewer: User) -> str:
    other = order.seller if viewer.pk == order.buyer_id else order.buyer
    if effect.until is None:
        return _("It takes effect at once: %(other)s is told, but not asked.") % {"other": other.shown_name}
    facts = {"other": other.shown_name, "until": formats.moment(effect.until)}
    return _("%(other)s decides until %(until)s. Without an answer by then it is confirmed by itself.") % facts


def _rating(order: Order, reason: Reason, viewer: User) -> str:
    if viewer.pk == order.seller_id:
        if reason.lowers_seller:
            return _("It counts against your rating.")
        return _("It has no effect on your rating.")
    names = {"seller": order.seller.shown_name}
    if reason.lowers_seller:
        return _("It counts against the rating of %(seller)s.") % names
    return _("It has no effect on the rating of %(seller)s.") % names


def _feedback(order: Order, reason: Reason, viewer: User) -> str:
    if viewer.pk == order.buyer_id:
        if reason.feedback:
            return _("You may leave feedback on this order, also negative.")
        return _("You cannot leave feedback on this order.")
    names = {"buyer": order.buyer.shown_name}
    if reason.feedback:
        return _("%(buyer)s may leave feedback on this order, also negative.") % names
    return _("%(buyer)s cannot leave feedback on this order.") % names
