"""The cancellation reasons, as one table that the engine runs, the pages show and the help prints (CAN)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from orders.moves import Actor
from orders.rules import CAUSES


@dataclass(frozen=True)
class Reason:
    """One way to cancel: who may give it, whether it lowers the seller's rating and lets the buyer leave feedback."""

    rule: str
    actor: Actor
    title: str | Promise
    lowers_seller: bool
    feedback: bool


REASONS = {
    reason.rule: reason
    for reason in [
        Reason("CAN-01", Actor.BUYER, CAUSES["CAN-01"], lowers_seller=False, feedback=False),
        Reason("CAN-02", Actor.BUYER, CAUSES["CAN-02"], lowers_seller=True, feedback=True),
    ]
}
