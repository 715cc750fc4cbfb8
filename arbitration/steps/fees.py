"""A mediator's fee: set aside when hired, paid for a proposal, given back without one (REV-05)."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from arbitration.models import Mediation, MediationStatus
from finance import escrow, ledger


def set_aside(mediation: Mediation, *, by: User, now: datetime) -> None:
    """Hold the fee from the payer's main balance. Refused: a balance that is short (finance.escrow.ShortBalance)."""
    escrow.hold_fee(mediation.fee_key, mediation.payer, mediation.fee, reference=_reference(mediation), by=by, now=now)


def pay(mediation: Mediation, *, by: User, now: datetime) -> None:
    """The mediator has proposed: the whole fee is earned."""
    escrow.release(
        mediation.fee_key,
        mediation.mediator.user,
        mediation.fee,
        purpose=escrow.FOR_FEE,
        reference=_reference(mediation),
        by=by,
        now=now,
    )


def give_back(mediation: Mediation, *, now: datetime) -> None:
    """Return the fee of a mediator who has not proposed; a fee that was earned stays paid."""
    if mediation.status == MediationStatus.HIRED:
        _hold_balances(mediation)
        escrow.refund(
            mediation.fee_key,
            mediation.payer,
            purpose=escrow.FOR_FEE,
            reference=_reference(mediation),
            by=None,
            now=now,
        )


def _hold_balances(mediation: Mediation) -> None:
    """Lock every balance that the order's end may touch, in the order of their keys: two postings follow one another then."""
    order = mediation.rejection.order
    sides = [ledger.main_of(order.buyer), ledger.bonus_of(order.buyer), ledger.main_of(order.seller)]
    ledger.locked_balances([*sides, ledger.main_of(mediation.payer)])


def _reference(mediation: Mediation) -> str:
    return mediation.rejection.order.number
