"""How an order ended, in words: why, who was paid what, whose fault it was and what follows from it (ORD-11, CAN-18)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from orders.models import Fault, Order, Outcome, Status
from orders.moves import Actor
from orders.rules import CAUSES
from orders.steps.moving import actor_of

Fact = tuple[str, str]


@dataclass(frozen=True)
class Ended:
    """The end of an order for one viewer: a sentence and the facts behind it."""

    title: str
    why: str
    facts: list[Fact]
    tone: str


def ended(order: Order, viewer: User) -> Ended | None:
    """How it ended; nothing while it is open."""
    if order.is_open:
        return None
    outcome = order.outcome
    titles = {
        Status.COMPLETED: (_("The order is completed"), "positive"),
        Status.CANCELED: (_("The order was canceled"), "neutral"),
        Status.SPLIT: (_("The order was settled with a split"), "info"),
    }
    title, tone = titles[Status(order.status)]
    return Ended(title, _why(outcome), _facts(order, outcome, viewer), tone)


def _why(outcome: Outcome) -> str:
    if outcome.cause == "ORD-08":
        return _("The delivered result counts as accepted.")
    return f"{CAUSES.get(outcome.cause, outcome.cause)}."


def _facts(order: Order, outcome: Outcome, viewer: User) -> list[Fact]:
    actor = actor_of(order, viewer)
    facts = []
    if outcome.paid:
        words = _("You received") if actor is Actor.SELLER else _("Paid to %(seller)s")
        facts.append((words % {"seller": order.seller.shown_name}, formats.money(outcome.paid)))
    if outcome.refunded:
        words = _("Returned to your balance") if actor is Actor.BUYER else _("Returned to %(buyer)s")
        facts.append((words % {"buyer": order.buyer.shown_name}, formats.money(outcome.refunded)))
    if outcome.fault != Fault.NOBODY:
        facts.append((_("Answerable for it"), _fault(order, outcome, actor)))
    return [*facts, (_("Rating of the seller"), _rating(outcome)), (_("Feedback"), _feedback(order, outcome, actor))]


def _fault(order: Order, outcome: Outcome, actor: Actor | None) -> str:
    if outcome.fault == Fault.BOTH:
        return str(Fault.BOTH.label)
    if actor is not None and outcome.fault == actor.value:
        return _("You")
    return order.buyer.shown_name if outcome.fault == Fault.BUYER else order.seller.shown_name


def _rating(outcome: Outcome) -> str:
    if outcome.completed and outcome.late:
        return _("Completed after the deadline: it counts against the rating")
    if outcome.lowers_seller:
        return _("It counts against the rating")
    if outcome.completed:
        return _("A repeated order, completed") if outcome.repeated else _("A completed order")
    return _("No effect")


def _feedback(order: Order, outcome: Outcome, actor: Actor | None) -> str:
    if actor is Actor.BUYER:
        return _("You may leave it") if outcome.feedback else _("You cannot leave any")
    names = {"buyer": order.buyer.shown_name}
    return (_("%(buyer)s may leave it") if outcome.feedback else _("%(buyer)s cannot leave any")) % names
