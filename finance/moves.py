"""Every legal step of a top-up and of a withdrawal, as data: from where, to where, and the event it writes."""

from __future__ import annotations

from dataclasses import dataclass

from finance.models import TopUpStatus, WithdrawalStatus

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
    # It was sent back, and that has failed: the money is here again.
    "come_back": Move(frozenset({ABANDONED}), QUESTIONED, "top_up.came_back"),
    "question": Move(frozenset({OPEN, PROCESSING, ABANDONED}), QUESTIONED, "top_up.questioned"),
    # Of staff, which has checked it.
    "reopen": Move(frozenset({QUESTIONED}), PROCESSING, "top_up.reopened"),
    "close": Move(frozenset({QUESTIONED}), ABANDONED, "top_up.closed"),
    "credit": Move(frozenset({QUESTIONED}), PAID, "top_up.paid"),  # with what was received
}

UNFINISHED = (OPEN, PROCESSING)

REQUESTED, BATCHED = WithdrawalStatus.REQUESTED, WithdrawalStatus.BATCHED
SENDING, SENT = WithdrawalStatus.SENDING, WithdrawalStatus.SENT
WITHDRAWN = WithdrawalStatus.PAID


@dataclass(frozen=True)
class WithdrawalMove:
    """One verb of a withdrawal (WDR-03, WDR-04); from any other status it is refused."""

    sources: frozenset[WithdrawalStatus]
    target: WithdrawalStatus
    event: str


WITHDRAWAL_MOVES = {
    # Of its user.
    "cancel": WithdrawalMove(frozenset({REQUESTED}), WithdrawalStatus.CANCELED, "withdrawal.canceled"),
    # Of the clock.
    "batch": WithdrawalMove(frozenset({REQUESTED}), BATCHED, "withdrawal.batched"),
    # Of staff.
    "reject": WithdrawalMove(frozenset({REQUESTED, BATCHED}), WithdrawalStatus.REJECTED, "withdrawal.rejected"),
    "approve": WithdrawalMove(frozenset({BATCHED}), SENDING, "withdrawal.approved"),
    # Of the provider. What it would not send, and what came back after it was sent; also days after it was paid, when it
    # is under way again until the money is here.
    "refuse": WithdrawalMove(frozenset({SENDING}), WithdrawalStatus.FAILED, "withdrawal.failed"),
    "send": WithdrawalMove(frozenset({SENDING}), SENT, "withdrawal.sent"),
    "arrive": WithdrawalMove(frozenset({SENT}), WITHDRAWN, "withdrawal.paid"),
    "doubt": WithdrawalMove(frozenset({WITHDRAWN}), SENT, "withdrawal.doubted"),
    "fail": WithdrawalMove(frozenset({SENT}), WithdrawalStatus.FAILED, "withdrawal.failed"),
    # Of staff, for what the provider does not end (finance/steps/settling.py).
    "halt": WithdrawalMove(frozenset({SENDING}), WithdrawalStatus.REJECTED, "withdrawal.rejected"),
    "settle": WithdrawalMove(frozenset({SENT}), WITHDRAWN, "withdrawal.paid"),
    "give_up": WithdrawalMove(frozenset({SENT}), WithdrawalStatus.FAILED, "withdrawal.failed"),
    # Of a chargeback that comes in between (FIN-03).
    "stop": WithdrawalMove(frozenset({REQUESTED, BATCHED, SENDING}), WithdrawalStatus.REJECTED, "withdrawal.rejected"),
}
