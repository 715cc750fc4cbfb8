"""What a step would do, computed before it is taken: the preview prints it and the step carries it out (CAN-19, ARB-03)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.rules import REASONS, Reason
from arbitration.windows import opening
from core import formats
from core.money import Money
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import escrow
from finance.ledger import Place
from orders.models import Dispute, Fault, Order
from orders.moves import Actor
from orders.rules import Terms
from orders.steps.ending import Ending, share_of, was_late
from orders.steps.moving import actor_of


@dataclass(frozen=True)
class Shares:
    """Where the money of an order would go, in cents: to the buyer's balances, the seller, the commission."""

    refund: dict[Place, Money]
    paid: Money
    commission: Money

    @property
    def refunded(self) -> Money:
        return Money.total(self.refund.values())


@dataclass(frozen=True)
class Effect:
    """What canceling for a reason does now. Not at once: `asks` decides until `until`, and silence confirms (CAN-15)."""

    reason: Reason
    asks: Actor | None
    until: datetime | None
    shares: Shares

    @property
    def at_once(self) -> bool:
        return self.asks is None

    @property
    def ending(self) -> Ending:
        return Ending(self.reason.rule, self.reason.fault, self.reason.lowers_seller, self.reason.feedback)


def shares(order: Order, refunded: Money) -> Shares:
    """How an order's money is shared when `refunded` cents go back to the buyer; commission is taken of the rest only (ARB-04).

    Refused: less than nothing or more than the order holds.
    """
    if not Money(0) <= refunded <= order.total:
        raise Invalid(
            _("The parts must add up to the %(total)s that the order holds.") % {"total": formats.money(order.total)}
        )
    paid = share_of(order, order.total - refunded)
    parts = escrow.refund_parts(order.escrow_key, order.buyer, refunded)
    return Shares(parts, paid, order.total - refunded - paid)


def settled_ending(order: Order, refunded: Money, now: datetime) -> Ending:
    """What a settlement does besides the money: giving all of it back counts like canceling for a reason of one's own,
    accepted late work like any late work, and an agreed split changes no rating (ARB-07)."""
    lowers = refunded == order.total or (not refunded and was_late(order, now))
    cause = "REV-05" if order.dispute == Dispute.REJECTION else "ARB-07"
    return Ending(cause, Fault.SELLER if lowers else Fault.NOBODY, lowers_seller=lowers, feedback=True)


def reason_of(rule: str) -> Reason:
    """A row of the table by its rule id. Refused: an id that is none."""
    if rule not in REASONS:
        raise Invalid(_("Choose a reason for canceling the order."))
    return REASONS[rule]


def foresee(order: Order, reason: Reason, *, by: User, now: datetime) -> Effect:
    """What canceling the order for this reason would do now. Raises the refusal that keeps this user from it, if any."""
    if actor_of(order, by) is not reason.actor:
        raise NotAllowed(_only(reason.actor))
    if not order.is_open:
        raise OutOfTurn(
            _("This is no longer possible: the order is now “%(status)s”.") % {"status": order.get_status_display()}
        )
    if order.policy not in reason.policies:
        raise OutOfTurn(_("This order is left by rejecting the job, not by canceling it."))
    window = opening(order, reason.window, now)
    if not window.is_open:
        raise OutOfTurn(window.words)
    at_once = reason.asks is None or (reason.at_once_if_expired and order.is_expired(now))
    _check_dispute(order, at_once=at_once)
    return Effect(
        reason,
        asks=None if at_once else reason.asks,
        until=None if at_once else now + Terms(**order.terms).answer_within,
        shares=shares(order, order.total),
    )


def _check_dispute(order: Order, *, at_once: bool) -> None:
    """One request at a time (CAN-15); what needs no answer overtakes a request, but no rejection and no arbitration."""
    if order.dispute == Dispute.REQUEST and not at_once:
        raise OutOfTurn(_("A request to cancel is waiting for its answer already; there can be one at a time."))
    if order.dispute == Dispute.REJECTION:
        raise OutOfTurn(_("The job was rejected: approve that to cancel the order."))
    if order.dispute == Dispute.ARBITRATION:
        raise OutOfTurn(_("The order is in arbitration: settle it there."))


def _only(actor: Actor) -> str:
    if actor is Actor.BUYER:
        return _("Only the buyer can cancel an order for this reason.")
    return _("Only the seller can cancel an order for this reason.")
