"""Every legal step of an order's life, as data: who may take it, from where, when, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orders.models import Dispute, Status


class Actor(StrEnum):
    """Who takes a step. The clock is the site itself acting on a timer; staff and mediators are called in by a dispute."""

    BUYER = "buyer"
    SELLER = "seller"
    CLOCK = "clock"
    STAFF = "staff"
    MEDIATOR = "mediator"


@dataclass(frozen=True)
class Move:
    """One verb. `target` empty: the status stays, or the step itself says how the order ends.

    `before`/`due` name timers that must not have / must have passed; `disputes` is what may be going on meanwhile;
    `dispute` is what it begins; `says` marks what the other side is to answer. An empty `event` is that of the end.
    """

    actors: frozenset[Actor]
    sources: frozenset[Status]
    target: Status | None
    event: str
    disputes: frozenset[Dispute]
    before: str = ""
    due: str = ""
    dispute: Dispute | None = None
    says: bool = False


PEACE = "none"
AT_WORK = "none request rejection"  # work goes on while one side has asked to cancel
ANY_DISPUTE = "none request rejection arbitration"
OPEN = "placed in_work delivered"
OWN_TIMERS = "start_due_at review_due_at"  # once one has passed, the order ends by it and not by something else
_DISPUTES = {"none": Dispute.NONE, **{each.value: each for each in Dispute if each.value}}


def _move(actors: str, sources: str, target: Status | None, event: str, *, during: str = AT_WORK, **more: Any) -> Move:
    return Move(
        frozenset(Actor(actor) for actor in actors.split()),
        frozenset(Status(source) for source in sources.split()),
        target,
        event,
        frozenset(_DISPUTES[each] for each in during.split()),
        **more,
    )


MOVES: dict[str, Move] = {
    # The work.
    "send_information": _move("buyer", OPEN, None, "order.briefed", says=True),
    "write": _move("buyer seller", OPEN, None, "order.message", during=ANY_DISPUTE, says=True),
    "remind": _move("seller", "placed", None, "order.reminded", during=PEACE, says=True),
    "start": _move("seller", "placed", Status.IN_WORK, "order.started", before="start_due_at"),
    "deliver": _move("seller", "in_work", Status.DELIVERED, "order.delivered"),
    "accept": _move("buyer", "delivered", Status.COMPLETED, "order.completed"),
    "return": _move("buyer", "delivered", Status.IN_WORK, "order.returned", before="review_due_at", says=True),
    "offer": _move("seller", OPEN, None, "order.offered", says=True),
    "accept_offer": _move("buyer", OPEN, None, "order.offer_accepted"),
    "decline_offer": _move("buyer", OPEN, None, "order.offer_declined"),
    "withdraw_offer": _move("seller", OPEN, None, "order.offer_withdrawn"),
    "change_policy": _move("staff", "placed", None, "order.policy_changed", during=PEACE),
    # The clock.
    "lapse": _move("clock", "placed", Status.CANCELED, "order.canceled", during=PEACE, due="start_due_at"),
    "expire": _move("clock", "in_work", None, "order.expired", due="deadline"),
    "complete": _move("clock", "delivered", Status.COMPLETED, "order.completed", during=PEACE, due="review_due_at"),
    # Only in work: before and after it a shorter clock of the order runs, which would be over first.
    "warn_idle": _move("clock", "in_work", None, "order.idle", during=PEACE, before="idle_due_at", due="idle_warn_at"),
    "end_idle": _move("clock", "in_work", Status.CANCELED, "order.canceled", during=PEACE, due="idle_due_at"),
    # Cancellation: at once, or asked for and answered.
    "cancel": _move("buyer seller", OPEN, Status.CANCELED, "order.canceled"),
    "cancel_by_staff": _move("staff", OPEN, Status.CANCELED, "order.canceled", during=ANY_DISPUTE),
    "ask_to_cancel": _move(
        "buyer seller", OPEN, None, "order.cancel_asked", during=PEACE, before=OWN_TIMERS, dispute=Dispute.REQUEST
    ),
    "confirm_cancel": _move("buyer seller", OPEN, Status.CANCELED, "order.canceled", during="request"),
    "confirm_cancel_by_time": _move(
        "clock", OPEN, Status.CANCELED, "order.canceled", during="request", due="dispute_due_at"
    ),
    "decline_cancel": _move(
        "buyer seller",
        OPEN,
        None,
        "order.cancel_declined",
        during="request",
        before="dispute_due_at",
        dispute=Dispute.NONE,
    ),
    "withdraw_cancel": _move(
        "buyer seller", OPEN, None, "order.cancel_withdrawn", during="request", dispute=Dispute.NONE
    ),
    # Rejection and mediation.
    "reject": _move("buyer", OPEN, None, "order.rejected", during=PEACE, before=OWN_TIMERS, dispute=Dispute.REJECTION),
    "approve_rejection": _move("seller", OPEN, Status.CANCELED, "order.canceled", during="rejection"),
    "reject_by_time": _move("clock", OPEN, Status.CANCELED, "order.canceled", during="rejection", due="dispute_due_at"),
    "withdraw_rejection": _move(
        "buyer", OPEN, None, "order.rejection_withdrawn", during="rejection", dispute=Dispute.NONE
    ),
    "hire_mediator": _move("seller", OPEN, None, "order.mediator_hired", during="rejection", before="dispute_due_at"),
    "propose_settlement": _move("mediator", OPEN, None, "order.mediator_proposed", during="rejection"),
    "end_mediation": _move("buyer seller clock", OPEN, None, "order.mediation_ended", during="rejection"),
    # Arbitration.
    "open_case": _move("buyer seller", OPEN, None, "order.case_opened", before=OWN_TIMERS, dispute=Dispute.ARBITRATION),
    "offer_settlement": _move("buyer seller", OPEN, None, "order.settlement_offered", during="arbitration", says=True),
    "agree_settlement": _move("buyer seller", OPEN, None, "order.settlement_agreed", during="rejection arbitration"),
    "decline_settlement": _move("buyer seller", OPEN, None, "order.settlement_declined", during="arbitration"),
    "settle": _move("buyer seller", OPEN, None, "", during="rejection arbitration"),
    "decide": _move("staff", OPEN, None, "", during="arbitration"),
}

# The event of each end.
ENDS = {
    Status.COMPLETED: "order.completed",
    Status.CANCELED: "order.canceled",
    Status.SPLIT: "order.split",
}
