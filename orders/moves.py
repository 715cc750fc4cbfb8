"""Every legal step of an order's life, as data: who may take it, from where, when, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from orders.models import Status


class Actor(StrEnum):
    """Who takes a step. The clock is the site itself acting on a timer."""

    BUYER = "buyer"
    SELLER = "seller"
    CLOCK = "clock"


@dataclass(frozen=True)
class Move:
    """One verb. `target` empty: the status stays. `before`/`due` name the timer that must not have / must have passed."""

    actors: frozenset[Actor]
    sources: frozenset[Status]
    target: Status | None
    event: str
    before: str = ""
    due: str = ""


def _move(actors: str, sources: str, target: Status | None, event: str, *, before: str = "", due: str = "") -> Move:
    return Move(
        frozenset(Actor(actor) for actor in actors.split()),
        frozenset(Status(source) for source in sources.split()),
        target,
        event,
        before,
        due,
    )


MOVES: dict[str, Move] = {
    "send_information": _move("buyer", "placed in_work delivered", None, "order.briefed"),
    "write": _move("buyer seller", "placed in_work delivered", None, "order.message"),
    "start": _move("seller", "placed", Status.IN_WORK, "order.started", before="start_due_at"),
    "lapse": _move("clock", "placed", Status.CANCELED, "order.canceled", due="start_due_at"),
    "expire": _move("clock", "in_work", None, "order.expired", due="deadline"),
    "deliver": _move("seller", "in_work", Status.DELIVERED, "order.delivered"),
    "accept": _move("buyer", "delivered", Status.COMPLETED, "order.completed"),
    "complete": _move("clock", "delivered", Status.COMPLETED, "order.completed", due="review_due_at"),
    "return": _move("buyer", "delivered", Status.IN_WORK, "order.returned", before="review_due_at"),
    "cancel": _move("buyer seller", "placed in_work delivered", Status.CANCELED, "order.canceled"),
}
