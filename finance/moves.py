"""Every legal step of a top-up, as data: from where, to where, and the event it writes."""

from __future__ import annotations

from dataclasses import dataclass

from finance.models import TopUpStatus

OPEN, PROCESSING, PAID = TopUpStatus.OPEN, TopUpStatus.PROCESSING, TopUpStatus.PAID
ABANDONED, QUESTIONED = TopUpStatus.ABANDONED, TopUpStatus.QUESTIONED


@dataclass(frozen=True)
class Move:
    """One verb of a top-up; from any other status it changes nothing, because the provider repeats itself."""

    sources: frozenset[TopUpStatus]
    target: TopUpStatus
    event: str


MOVES = {
    "process": Move(frozenset({OPEN}), PROCESSING, "top_up.processing"),
    # A payment that comes late still counts: the money is there.
    "pay": Move(frozenset({OPEN, PROCESSING, ABANDONED, QUESTIONED}), PAID, "top_up.paid"),
    "abandon": Move(frozenset({OPEN, PROCESSING}), ABANDONED, "top_up.abandoned"),
    "question": Move(frozenset({OPEN, PROCESSING, ABANDONED}), QUESTIONED, "top_up.questioned"),
    # Of staff, which has checked it.
    "reopen": Move(frozenset({QUESTIONED}), PROCESSING, "top_up.reopened"),
    "close": Move(frozenset({QUESTIONED}), ABANDONED, "top_up.closed"),
}

UNFINISHED = (OPEN, PROCESSING)
