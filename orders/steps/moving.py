"""The one door: every change of an order goes through `moving` (lock, check, change, event, commit)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import NotAllowed, OutOfTurn
from orders.models import Dispute, Order, Status
from orders.moves import ENDS, MOVES, Actor, Move
from orders.rules import IDLE_WARNINGS, Terms


@dataclass
class Moving:
    """A locked order in the middle of one step; `facts` go into the event that is written when the step ends.

    `target` is the status that the step leads to; a move that leaves it open has it set here.
    """

    order: Order
    target: Status | None
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def moving(order_id: int, verb: str, *, by: User | None, now: datetime, actor: Actor | None = None) -> Iterator[Moving]:
    """Lock the order, refuse what its moves do not allow to this actor at this moment, then change status and record.

    `by` empty means the clock; `actor` says what a third person was called in as (staff, a mediator). Raises NotAllowed
    for the wrong person and OutOfTurn for the wrong moment.
    """
    move = MOVES[verb]
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).select_related("buyer", "seller").get(pk=order_id)
        check(order, move, by=by, now=now, actor=actor)
        step = Moving(order, move.target)
        yield step
        if step.target is not None:
            order.status = step.target
        if move.dispute is not None:
            _dispute(order, move.dispute, now)
        if order.is_open:
            _note_activity(order, move, actor_of(order, by), now)
        else:
            _stop_timers(order)
        order.save()
        record(move.event or ENDS[Status(order.status)], order, by=by, now=now, **step.facts)


def timer(order: Order, span: timedelta, now: datetime) -> datetime:
    """When a timer that starts now will end; begun during a dispute, it starts to run when that is over (CAN-17)."""
    return order.timers_now(now) + span


def _dispute(order: Order, dispute: Dispute, now: datetime) -> None:
    """Begin, replace or end a dispute: timers that stood still go on with what was left (CAN-17)."""
    if order.paused_at is not None:
        stood = now - order.paused_at
        for name in ("start_due_at", "review_due_at", "idle_due_at", "idle_warn_at"):
            moment = getattr(order, name)
            if moment is not None:
                setattr(order, name, moment + stood)
        for name in ("buyer_waits_since", "seller_waits_since"):
            since = getattr(order, name)
            if since is not None:
                setattr(order, name, min(since, order.paused_at) + stood)
    order.dispute = dispute
    order.paused_at = None if dispute is Dispute.NONE else now
    if dispute in (Dispute.NONE, Dispute.ARBITRATION):
        order.dispute_due_at = None


def _note_activity(order: Order, move: Move, actor: Actor | None, now: datetime) -> None:
    """What a side does keeps the order alive (ORD-10) and answers the other side (CAN-04, CAN-12)."""
    if actor not in (Actor.BUYER, Actor.SELLER):
        return
    terms = Terms(**order.terms)
    order.idle_due_at = timer(order, terms.idle_after, now)
    order.idle_warn_at = order.idle_due_at - IDLE_WARNINGS[0]
    mine, other = ("buyer", "seller") if actor is Actor.BUYER else ("seller", "buyer")
    setattr(order, f"{other}_waits_since", None)
    if move.says and getattr(order, f"{mine}_waits_since") is None:
        setattr(order, f"{mine}_waits_since", now)


def _stop_timers(order: Order) -> None:
    order.start_due_at = order.review_due_at = order.idle_due_at = order.idle_warn_at = None
    order.dispute, order.paused_at, order.dispute_due_at = Dispute.NONE, None, None


def actor_of(order: Order, by: User | None) -> Actor | None:
    """What `by` is to the order; empty for a stranger."""
    if by is None:
        return Actor.CLOCK
    if by.pk == order.buyer_id:
        return Actor.BUYER
    return Actor.SELLER if by.pk == order.seller_id else None


def third_person(by: User) -> Actor | None:
    """Staff, as whom they may be called in; the door still knows them if they are a side of the order (ARB-08)."""
    return Actor.STAFF if by.is_active and by.is_staff else None


def check(order: Order, move: Move, *, by: User | None, now: datetime, actor: Actor | None = None) -> None:
    """Raise the refusal that keeps this actor from this move at this moment, if there is one."""
    # Nobody is called in as a third person to one's own order.
    actor = actor_of(order, by) or actor
    if actor not in move.actors:
        raise NotAllowed(_wrong_person(actor))
    if order.status not in move.sources:
        raise OutOfTurn(
            _("This is no longer possible: the order is now “%(status)s”.") % {"status": Status(order.status).label}
        )
    if order.dispute not in move.disputes:
        raise OutOfTurn(_wrong_dispute(order))
    for column in move.before.split():
        limit = getattr(order, column)
        if limit is not None and limit <= _reached(order, column, now):
            raise OutOfTurn(_("The time for this has run out."))
    if move.due:
        moment = getattr(order, move.due)
        if moment is None or moment > _reached(order, move.due, now):
            raise OutOfTurn(_("It is not time for this yet."))


def _reached(order: Order, column: str, now: datetime) -> datetime:
    """The moment that a timer has reached: some stand still while a dispute lasts."""
    if column == "dispute_due_at":
        return now
    return order.lead_time_now(now) if column == "deadline" else order.timers_now(now)


def _wrong_dispute(order: Order) -> str:
    if order.dispute == Dispute.NONE:
        return _("This is no longer possible: what it answers has been settled or withdrawn.")
    return _("This is not possible now: the order is “%(dispute)s”.") % {"dispute": Dispute(order.dispute).label}


def may(order: Order, verb: str, *, by: User | None, now: datetime) -> bool:
    """Whether `moving` would let this actor take the step now; pages show just these buttons."""
    try:
        check(order, MOVES[verb], by=by, now=now)
    except (NotAllowed, OutOfTurn):
        return False
    return True


def _wrong_person(actor: Actor | None) -> str:
    if actor is Actor.BUYER:
        return _("Only the seller can do this.")
    if actor is Actor.SELLER:
        return _("Only the buyer can do this.")
    return _("You take no part in this order.")
