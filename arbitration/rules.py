"""The cancellation reasons, as one table that the engine runs, the pages show and the help prints (CAN), and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

from orders.models import Fault, Policy
from orders.moves import Actor
from orders.rules import CAUSES

TEXT_MOST = 5_000  # characters of a reason, a statement, a decision
CASES_PER_PAGE = 25


class Window(StrEnum):
    """When a reason can be given; see arbitration/windows.py for each."""

    MISTAKE = "mistake"
    EXPIRED = "expired"
    OPEN = "open"
    SELLER_SILENT = "seller_silent"
    DELIVERED = "delivered"
    SELLER_BUSY = "seller_busy"
    BEFORE_START = "before_start"
    REMINDED = "reminded"
    BUYER_SILENT = "buyer_silent"


@dataclass(frozen=True)
class Reason:
    """One row of the table: who may give it and when, who has to confirm it (nobody: at once), and what follows.

    `at_once_if_expired`: while the order is Expired nobody is asked. `policies`: the orders that it is for.
    """

    rule: str
    actor: Actor
    window: Window
    asks: Actor | None
    lowers_seller: bool
    feedback: bool
    fault: Fault
    at_once_if_expired: bool = False

    @property
    def title(self) -> str | Promise:
        return CAUSES[self.rule]

    @property
    def policies(self) -> frozenset[Policy]:
        """A buyer who may reject the job does that instead (REV-02)."""
        return frozenset(Policy) if self.actor is not Actor.BUYER else frozenset({Policy.CANCELLATION})


def _buyer(
    rule: str, window: Window, *, asks: bool, lowers: bool, fault: Fault, at_once_if_expired: bool = False
) -> Reason:
    return Reason(rule, Actor.BUYER, window, Actor.SELLER if asks else None, lowers, lowers, fault, at_once_if_expired)


def _seller(rule: str, window: Window, *, asks: bool, lowers: bool, fault: Fault) -> Reason:
    return Reason(rule, Actor.SELLER, window, Actor.BUYER if asks else None, lowers, lowers, fault)


# In this table the buyer may leave feedback exactly where the seller's rating is lowered (CAN-18).
REASONS = {
    reason.rule: reason
    for reason in [
        _buyer("CAN-01", Window.MISTAKE, asks=False, lowers=False, fault=Fault.BUYER),
        _buyer("CAN-02", Window.EXPIRED, asks=False, lowers=True, fault=Fault.SELLER),
        _buyer("CAN-03", Window.OPEN, asks=True, lowers=False, fault=Fault.NOBODY),
        _buyer("CAN-04", Window.SELLER_SILENT, asks=True, lowers=True, fault=Fault.SELLER, at_once_if_expired=True),
        _buyer("CAN-05", Window.OPEN, asks=True, lowers=False, fault=Fault.BUYER),
        _buyer("CAN-06", Window.DELIVERED, asks=True, lowers=True, fault=Fault.SELLER, at_once_if_expired=True),
        _buyer("CAN-07", Window.SELLER_BUSY, asks=True, lowers=True, fault=Fault.SELLER),
        _seller("CAN-08", Window.BEFORE_START, asks=True, lowers=False, fault=Fault.BUYER),
        _seller("CAN-09", Window.REMINDED, asks=True, lowers=False, fault=Fault.BUYER),
        _seller("CAN-10", Window.OPEN, asks=False, lowers=True, fault=Fault.SELLER),
        _seller("CAN-11", Window.OPEN, asks=False, lowers=True, fault=Fault.SELLER),
        _seller("CAN-12", Window.BUYER_SILENT, asks=True, lowers=False, fault=Fault.BUYER),
        _seller("CAN-13", Window.OPEN, asks=False, lowers=True, fault=Fault.SELLER),
    ]
}
# CAN-14: staff, at any time, at once; the effect on the rating is theirs to say, and no feedback can be left.
