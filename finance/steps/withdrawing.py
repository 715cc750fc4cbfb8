"""The one door of a withdrawal: every change of its status, with the money that moves with it (WDR-03, WDR-04)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import OutOfTurn
from finance import ledger
from finance.models import LotMove, Verb, Withdrawal, WithdrawalStatus
from finance.moves import WITHDRAWAL_MOVES

ENDED = frozenset(
    {WithdrawalStatus.PAID, WithdrawalStatus.FAILED, WithdrawalStatus.REJECTED, WithdrawalStatus.CANCELED}
)


@dataclass
class Moving:
    """A locked withdrawal in the middle of one step; `facts` go into the event that is written when the step ends."""

    withdrawal: Withdrawal
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def moving(withdrawal_id: int, verb: str, *, by: User | None, now: datetime) -> Iterator[Moving]:
    """Lock the withdrawal, refuse what its moves do not allow now (OutOfTurn), then change its status and record it."""
    move = WITHDRAWAL_MOVES[verb]
    with transaction.atomic():
        withdrawal = locked(withdrawal_id)
        if withdrawal.status not in move.sources:
            raise OutOfTurn(
                _("This is no longer possible: the withdrawal is now “%(status)s”.")
                % {"status": WithdrawalStatus(withdrawal.status).label}
            )
        step = Moving(withdrawal)
        yield step
        withdrawal.status = move.target
        if move.target is not WithdrawalStatus.REQUESTED:
            withdrawal.batch_due_at = None
        if move.target in ENDED:
            withdrawal.ended_at, withdrawal.next_try_at = now, None
        withdrawal.save()
        record(move.event, withdrawal, by=by, now=now, amount_cents=withdrawal.amount.cents, **step.facts)


def locked(withdrawal_id: int) -> Withdrawal:
    """The withdrawal with its user and top-up, locked until the transaction ends."""
    rows = Withdrawal.objects.select_for_update(of=("self",)).select_related("user", "top_up")
    return rows.get(pk=withdrawal_id)


def set_aside(withdrawal: Withdrawal, lots: dict[int, Any], *, by: User, now: datetime) -> None:
    """Take the sum from the main balance until it is paid out or comes back (WDR-04)."""
    user = withdrawal.user
    lines = {
        ledger.main_of(user): -withdrawal.amount,
        ledger.payout_of(withdrawal.payout_key, user): withdrawal.amount,
    }
    _post(withdrawal, "request", Verb.WITHDRAWAL, lines, lots=lots, by=by, now=now)


def give_back(withdrawal: Withdrawal, *, by: User | None, now: datetime) -> None:
    """Return a sum of which nothing was sent, to where in the balance it was taken from."""
    user = withdrawal.user
    lines = {
        ledger.payout_of(withdrawal.payout_key, user): -withdrawal.amount,
        ledger.main_of(user): withdrawal.amount,
    }
    _post(withdrawal, "back", Verb.WITHDRAWAL_BACK, lines, lots=_taken(withdrawal), by=by, now=now)


def book_sent(withdrawal: Withdrawal, *, now: datetime) -> None:
    """The provider has taken the net sum out of what it holds for us; the fee is earned (WDR-01)."""
    lines = {
        ledger.payout_of(withdrawal.payout_key, withdrawal.user): -withdrawal.amount,
        ledger.PROVIDER: withdrawal.net,
        ledger.COMMISSION: withdrawal.fee,
    }
    _post(withdrawal, "sent", Verb.PAYOUT, lines, by=None, now=now)


def book_returned(withdrawal: Withdrawal, *, now: datetime) -> None:
    """What was sent has come back to the provider's account: all of it is the user's again, the fee too."""
    lines = {
        ledger.PROVIDER: -withdrawal.net,
        ledger.COMMISSION: -withdrawal.fee,
        ledger.main_of(withdrawal.user): withdrawal.amount,
    }
    _post(withdrawal, "returned", Verb.WITHDRAWAL_BACK, lines, lots=_taken(withdrawal), by=None, now=now)


def book_borne(withdrawal: Withdrawal, *, by: User, now: datetime) -> None:
    """What was sent has neither arrived nor come back: all of it is the user's again, and the site bears what left."""
    lines = {ledger.COMMISSION: -withdrawal.amount, ledger.main_of(withdrawal.user): withdrawal.amount}
    _post(withdrawal, "borne", Verb.WITHDRAWAL_BACK, lines, lots=_taken(withdrawal), by=by, now=now)


def _post(withdrawal: Withdrawal, part: str, verb: Verb, lines: Any, *, lots: Any = None, by: Any, now: Any) -> None:
    key = f"{withdrawal.payout_key}:{part}"
    ledger.post(key, verb, lines, lots=lots, reference=withdrawal.reference, by=by, now=now)


def _taken(withdrawal: Withdrawal) -> dict[int, Any]:
    moves = LotMove.objects.filter(entry__key=f"{withdrawal.payout_key}:request")
    return {lot_id: -total for lot_id, total in moves.values_list("lot_id").annotate(Sum("amount"))}
