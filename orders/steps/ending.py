"""How an order ends: the money moves and the outcome is written in the same transaction as the status (ORD-05, ORD-11)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from core.money import ZERO, Money
from finance import escrow, ledger
from orders.models import Fault, Order, Outcome, Status
from orders.moves import Actor
from orders.rules import IDLE_WARNINGS, Terms
from orders.steps.moving import Moving, moving
from referrals.steps import rewards


@dataclass(frozen=True)
class Ending:
    """What follows from an end besides the money: the rule that ended it, whose fault it was, rating and feedback."""

    cause: str
    fault: Fault
    lowers_seller: bool
    feedback: bool


def accept(order_id: int, *, by: User, now: datetime) -> None:
    """The buyer accepts the delivery: the seller is paid, the commission booked (ORD-08, ORD-11)."""
    with moving(order_id, "accept", by=by, now=now) as step:
        _accepted(step, by=by, now=now)


def complete_by_time(order_id: int, now: datetime) -> None:
    """Nobody answered a delivery for 3 days: it counts as accepted (ORD-08)."""
    with moving(order_id, "complete", by=None, now=now) as step:
        _accepted(step, by=None, now=now)


def lapse(order_id: int, now: datetime) -> None:
    """The seller did not start within 24 hours: canceled, refunded, the seller's rating lowered (ORD-05).

    It is a delay, so the buyer may leave feedback (CAN-18).
    """
    with moving(order_id, "lapse", by=None, now=now) as step:
        end(step, Ending("ORD-05", Fault.SELLER, lowers_seller=True, feedback=True), by=None, now=now)


def end_idle(order_id: int, now: datetime) -> None:
    """Nobody did anything for two weeks: canceled, refunded, counted as an automatic cancellation (ORD-10).

    The buyer may leave feedback if the work was late by then: that is a delay (CAN-18).
    """
    with moving(order_id, "end_idle", by=None, now=now) as step:
        late = was_late(step.order, now)
        end(step, Ending("ORD-10", Fault.BOTH, lowers_seller=True, feedback=late), by=None, now=now)


def warn_idle(order_id: int, now: datetime) -> None:
    """Both sides are told 3 days and 1 day before an order is canceled for inactivity (ORD-10)."""
    with moving(order_id, "warn_idle", by=None, now=now) as step:
        order = step.order
        assert order.idle_due_at is not None
        further = [order.idle_due_at - before for before in IDLE_WARNINGS]
        order.idle_warn_at = next((moment for moment in further if moment > now), None)
        step.facts["due_at"] = order.idle_due_at.isoformat()


def cancel(order_id: int, ending: Ending, *, verb: str = "cancel", by: User | None, now: datetime) -> None:
    """End an open order with a full refund (CAN-16) for what a higher room's table has already allowed."""
    with canceling(order_id, verb, by=by, now=now) as step:
        end(step, ending, by=by, now=now)


def canceling(
    order_id: int, verb: str, *, by: User | None, now: datetime, actor: Actor | None = None
) -> AbstractContextManager[Moving]:
    """The one door for rooms above that end orders; what they do inside is `end`."""
    return moving(order_id, verb, by=by, now=now, actor=actor)


def end(step: Moving, ending: Ending, *, refunded: Money | None = None, by: User | None, now: datetime) -> None:
    """Move the money of an order that is ending and store its outcome.

    `refunded` goes to the buyer, the rest is the seller's less commission (ARB-04); left out, the move's own target
    decides: all of it when canceled, nothing when completed.
    """
    order = step.order
    if refunded is None:
        refunded = ZERO if step.target is Status.COMPLETED else order.total
    step.target = _target(order, refunded)
    paid = share_of(order, order.total - refunded)
    _pay(order, refunded, paid, by=by, now=now)
    late = was_late(order, now)
    Outcome.objects.create(
        order=order,
        completed=step.target is Status.COMPLETED,
        late=late,
        cause=ending.cause,
        fault=ending.fault,
        paid=paid,
        refunded=refunded,
        repeated=_is_repeated(order),
        lowers_seller=ending.lowers_seller,
        feedback=ending.feedback,
        at=now,
    )
    order.ended_at = now
    step.facts |= {
        "cause": ending.cause,
        "late": late,
        "paid_cents": paid.cents,
        "refunded_cents": refunded.cents,
        "lowers_seller": ending.lowers_seller,
        "feedback": ending.feedback,
    }


def share_of(order: Order, price: Money) -> Money:
    """What the seller gets of a part of the order's price: nothing is lost, and all of it is the share agreed to."""
    return order.seller_share if price == order.total else Terms(**order.terms).share(price)


def _accepted(step: Moving, *, by: User | None, now: datetime) -> None:
    late = was_late(step.order, now)
    fault = Fault.SELLER if late else Fault.NOBODY
    end(step, Ending("ORD-08", fault, lowers_seller=late, feedback=True), by=by, now=now)


def _target(order: Order, refunded: Money) -> Status:
    if not refunded:
        return Status.COMPLETED
    return Status.CANCELED if refunded == order.total else Status.SPLIT


def _pay(order: Order, refunded: Money, paid: Money, *, by: User | None, now: datetime) -> None:
    key, number = order.escrow_key, order.number
    if refunded == order.total:
        escrow.refund(key, order.buyer, reference=number, by=by, now=now)
        return
    dues = rewards.due(buyer=order.buyer, seller=order.seller, now=now)
    _lock_accounts(order, dues)
    if not refunded:
        escrow.release(key, order.seller, paid, reference=number, by=by, now=now)
    else:
        escrow.split(
            key, order.buyer, order.seller, refunded=refunded, seller_share=paid, reference=number, by=by, now=now
        )
    if dues:
        main = ledger.main_of(order.buyer)
        base = escrow.origins(key, order.buyer)[main] - escrow.refund_parts(key, order.buyer, refunded)[main]
        commission = order.total - refunded - paid
        rewards.pay(dues, key=key, number=number, base=base, commission=commission, by=by, now=now)


def _lock_accounts(order: Order, dues: Sequence[rewards.Due]) -> None:
    """Hold every account that this end may touch, in the order of their keys, before the first of several entries."""
    if dues:
        buyer = order.buyer
        places = {ledger.escrow_of(order.escrow_key, buyer), ledger.main_of(buyer), ledger.bonus_of(buyer)}
        ledger.locked_balances([*places | {ledger.main_of(order.seller), *(each.place for each in dues)}])


def _is_repeated(order: Order) -> bool:
    before = Outcome.objects.filter(order__buyer=order.buyer_id, order__seller=order.seller_id, completed=True)
    return before.exists()


def was_late(order: Order, now: datetime) -> bool:
    """Whether the deadline had passed before the delivery in review or, without one, before the end (ORD-09).

    Work that never started cannot be late: that it did not start is another fact.
    """
    if order.started_at is None or order.deadline is None:
        return False
    last_word = order.delivered_at if order.status == Status.DELIVERED else None
    return order.deadline <= (last_word or order.lead_time_now(now))
