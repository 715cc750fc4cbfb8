"""The one door: every change of an order goes through `moving` (lock, check, change, event, commit)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import NotAllowed, OutOfTurn
from orders.models import Order, Status
from orders.moves import MOVES, Actor, Move


@dataclass
class Moving:
    """A locked order in the middle of one step; `facts` go into the event that is written when the step ends."""

    order: Order
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def moving(order_id: int, verb: str, *, by: User | None, now: datetime) -> Iterator[Moving]:
    """Lock the order, refuse what its moves do not allow to this actor at this moment, then change status and record.

    `by` empty means the clock. Raises NotAllowed for the wrong person and OutOfTurn for the wrong moment.
    """
    move = MOVES[verb]
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).select_related("buyer", "seller").get(pk=order_id)
        check(order, move, by=by, now=now)
        step = Moving(order)
        yield step
        if move.target is not None:
            order.status = move.target
        order.save()
        record(move.event, order, by=by, now=now, **step.facts)


def actor_of(order: Order, by: User | None) -> Actor | None:
    """What `by` is to the order; empty for a stranger."""
    if by is None:
        return Actor.CLOCK
    if by.pk == order.buyer_id:
        return Actor.BUYER
    return Actor.SELLER if by.pk == order.seller_id else None


def check(order: Order, move: Move, *, by: User | None, now: datetime) -> None:
    """Raise the refusal that keeps this actor from this move at this moment, if there is one."""
    actor = actor_of(order, by)
    if actor not in move.actors:
        raise NotAllowed(_wrong_person(actor))
    if order.status not in move.sources:
        raise OutOfTurn(
            _("This is no longer possible: the order is now “%(status)s”.") % {"status": Status(order.status).label}
        )
    if move.before:
        limit = getattr(order, move.before)
        if limit is not None and limit <= now:
            raise OutOfTurn(_("The time for this has run out."))
    if move.due:
        moment = getattr(order, move.due)
        if moment is None or moment > now:
            raise OutOfTurn(_("It is not time for this yet."))


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
