"""What a user may do to end an order before its time, and exactly what would follow, in words (CAN-19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.foresight import Effect, Shares, foresee, settled_ending, shares
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
    effect: Effect | None = None

    @property
    def at_once(self) -> bool:
        return self.effect is not None and self.effect.at_once

    @property
    def button(self) -> str:
        """The words of the button that takes this way."""
        if self.effect is not None and self.effect.at_once:
            return _("Cancel and refund %(total)s") % {"total": formats.money(self.effect.shares.refunded)}
        return _("Ask to cancel")


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
    return Way(reason, window, tuple(follows(order, effect, viewer)), effect=effect)


def follows(order: Order, effect: Effect, viewer: User) -> list[str]:
    """An effect in words for the viewer: who decides until when, the refund, rating and feedback."""
    return [
        _decision(order, effect, viewer),
        *refund_lines(order, effect.shares.refund, viewer),
        rating_line(order, effect.reason.lowers_seller, viewer),
        feedback_line(order, effect.reason.feedback, viewer),
    ]


def canceled_lines(order: Order, viewer: User, *, lowers: bool, feedback: bool) -> list[str]:
    """What follows, at once, from an end with a full refund (CAN-16)."""
    return [
        *refund_lines(order, shares(order, order.total).refund, viewer),
        rating_line(order, lowers, viewer),
        feedback_line(order, feedback, viewer),
    ]


def settled_lines(order: Order, refunded: Money, viewer: User, now: datetime) -> list[str]:
    """What follows from sharing the money so that `refunded` cents go to the buyer (ARB-07, REV-05)."""
    return [
        *share_lines(order, shares(order, refunded), viewer),
        rating_line(order, settled_ending(order, refunded, now).lowers_seller, viewer),
        feedback_line(order, True, viewer),
    ]


def share_lines(order: Order, parts: Shares, viewer: User) -> list[str]:
    """Who gets what: the buyer by balance, the seller after the commission (ARB-04)."""
    back = refund_lines(order, parts.refund, viewer) or [_nothing_back(order, viewer)]
    return [*back, _paid_line(order, parts, viewer)]


def _paid_line(order: Order, parts: Shares, viewer: User) -> str:
    facts = {
        "seller": order.seller.shown_name,
        "paid": formats.money(parts.paid),
        "commission": formats.money(parts.commission),
    }
    mine = viewer.pk == order.seller_id
    if not parts.paid:
        return _("You receive nothing.") if mine else _("%(seller)s receives nothing.") % facts
    if mine:
        return _("You receive %(paid)s; the commission is %(commission)s.") % facts
    return _("%(seller)s receives %(paid)s; the commission is %(commission)s.") % facts


def _nothing_back(order: Order, viewer: User) -> str:
    if viewer.pk == order.buyer_id:
        return _("You get nothing back.")
    return _("%(buyer)s gets nothing back.") % {"buyer": order.buyer.shown_name}


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
    return (
        _(
            "%(other)s decides until %(until)s. Without an answer by then it is confirmed by itself. "
            "Nothing below happens before it is confirmed."
        )
        % facts
    )


def rating_line(order: Order, lowers: bool, viewer: User) -> str:
    """What an end does to the seller's rating, in words for the viewer."""
    if viewer.pk == order.seller_id:
        return _("It counts against your rating.") if lowers else _("It has no effect on your rating.")
    names = {"seller": order.seller.shown_name}
    if lowers:
        return _("It counts against the rating of %(seller)s.") % names
    return _("It has no effect on the rating of %(seller)s.") % names


def feedback_line(order: Order, feedback: bool, viewer: User) -> str:
    """Whether the buyer may leave feedback after an end, in words for the viewer (CAN-18, ARB-06)."""
    if viewer.pk == order.buyer_id:
        if feedback:
            return _("You may leave feedback on this order, also negative.")
        return _("You cannot leave feedback on this order.")
    names = {"buyer": order.buyer.shown_name}
    if feedback:
        return _("%(buyer)s may leave feedback on this order, also negative.") % names
    return _("%(buyer)s cannot leave feedback on this order.") % names
