"""Refunds that nobody has asked us for: made by hand at the provider, or by the provider itself (FIN-03).

Who has the money back does not keep it on the balance as well: it is taken as after a lost claim, and what the balance lacks
is owed. A refund that did not arrive returns it.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from core.money import Money
from finance.models import (
    PAYMENT_FAILED,
    SENT_BACK,
    Chargeback,
    Entry,
    TopUp,
    TopUpStatus,
    Withdrawal,
    WithdrawalStatus,
)
from finance.provider import refunds
from finance.provider.claims import Claim
from finance.provider.refunds import Refund
from finance.steps import chargebacks, top_ups

log = structlog.get_logger(__name__)


def settle(refund_id: str, now: datetime) -> Chargeback | None:
    """Ask the provider how a refund stands and book what it has moved, each movement once.

    Empty when it belongs to a withdrawal of ours, concerns no top-up that was credited, or has moved nothing yet.
    Refused with ProviderDown.
    """
    refund = refunds.retrieve(refund_id)
    if refund is None or not refund.moved or _is_of_a_withdrawal(refund):
        return None
    top_up = _top_up(refund)
    if top_up is not None and top_up.session_id and top_up.status != TopUpStatus.PAID and not top_up.charge_id:
        # The refund was heard of before the payment itself.
        top_up = top_ups.settle(top_up.session_id, now)
    if refund.failed and top_up is not None and went_back_in_vain(top_up):
        top_ups.come_back(top_up.pk, now)
        return None
    if _passed(refund):
        return None
    if top_up is None or top_up.status != TopUpStatus.PAID:
        log.error("a refund of a payment that was never credited", refund=refund_id, charge=refund.charge_id)
        return None
    return chargebacks.learn(top_up.pk, _as_claim(refund), now)


def settle_all(charge_id: str, now: datetime) -> None:
    """The same for every refund of one payment."""
    for refund_id in refunds.of_charge(charge_id):
        settle(refund_id, now)


def failed_payment(top_up: TopUp, movement: str, amount: Money, now: datetime) -> Chargeback:
    """A credited payment that took its time has failed after all: what the provider took for it, in cents below zero."""
    claim = Claim(
        id=top_up.charge_id,
        state="open",
        amount=max(amount, -amount),
        moved=((movement, amount),),
        why=PAYMENT_FAILED,
        charge_id=top_up.charge_id,
        top_up=top_up.pk,
        by_hand=True,
    )
    return chargebacks.learn(top_up.pk, claim, now)


def went_back_unbooked(charge_id: str) -> bool:
    """Whether a payment that staff has closed was received and has gone back, all of it: it passed through."""
    closed = TopUp.objects.filter(charge_id=charge_id, status=TopUpStatus.ABANDONED)
    return bool(charge_id) and closed.exists() and refunds.all_went_back(charge_id)


def went_back_in_vain(closed: TopUp) -> bool:
    """Whether a payment was closed because it went back, and now it is here again, because a refund of it has failed."""
    is_closed = closed.status == TopUpStatus.ABANDONED and bool(closed.charge_id)
    return is_closed and not refunds.all_went_back(closed.charge_id)


def credited_since(refund_id: str) -> TopUp | None:
    """Whose payment staff has credited after this refund of it had passed through the books and then failed."""
    refund = refunds.retrieve(refund_id)
    if refund is None or not refund.failed or not _passed(refund):
        return None
    return TopUp.objects.filter(charge_id=refund.charge_id, status=TopUpStatus.PAID).first()


def _passed(refund: Refund) -> bool:
    """Whether it was booked as what passed through: it has touched no balance."""
    return Entry.objects.filter(key__in=[f"moved:{movement}" for movement, _amount in refund.moved]).exists()


def passed_through(refund_id: str) -> bool:
    """Whether a refund has sent back such a payment."""
    refund = refunds.retrieve(refund_id)
    return refund is not None and went_back_unbooked(refund.charge_id)


def _is_of_a_withdrawal(refund: Refund) -> bool:
    """Whether a withdrawal has sent it, or is just doing so; one that has ended otherwise has not."""
    found = Withdrawal.objects.filter(pk=refund.withdrawal, top_up__isnull=False).first()
    if found is None:
        return False
    return found.refund_id == refund.id or (not found.refund_id and found.status == WithdrawalStatus.SENDING)


def _top_up(refund: Refund) -> TopUp | None:
    known = TopUp.objects.select_related("user")
    by_charge = known.filter(charge_id=refund.charge_id).first() if refund.charge_id else None
    return by_charge or known.filter(pk=refund.top_up).first()


def _as_claim(refund: Refund) -> Claim:
    return Claim(
        refund.id, "open", refund.amount, refund.moved, SENT_BACK, refund.charge_id, refund.top_up, by_hand=True
    )
