"""What the provider tells us of its own accord (FIN-02, FIN-03, WDR-03).

An event says no more than where to look: the provider is asked how the thing stands, and its answer is acted on once, whatever
the number and order of events.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from finance import provider
from finance.models import ProviderEvent, Withdrawal
from finance.provider import Forged, Told
from finance.steps import chargebacks, paying_out, payout_details, refunds, top_ups

FAILED_KIND = "checkout.session.async_payment_failed"
SESSION_KINDS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        FAILED_KIND,
        "checkout.session.expired",
    }
)


def hear(told: Told, now: datetime) -> None:
    """Act on a signed webhook; an event heard before and a kind we have no use for change nothing.

    Refused with ProviderDown; then it comes again. Raises Forged when it tells of something and does not name it.
    """
    act = _payment if told.kind in SESSION_KINDS else ACTS.get(told.kind)
    if act is None or ProviderEvent.objects.filter(pk=told.id).exists():
        return
    if not told.subject:
        raise Forged("an event about a thing without an id")
    act(told, now)


def _payment(told: Told, now: datetime) -> None:
    session = provider.retrieve_checkout(told.subject)
    with transaction.atomic():
        if _first(told, now):
            top_ups.learn(told.subject, session, now, failed=told.kind == FAILED_KIND)


def _claim(told: Told, now: datetime) -> None:
    if chargebacks.settle(told.subject, now) is not None:
        _first(told, now)


def _sent(told: Told, now: datetime) -> None:
    known = Q(payout_id=told.subject) | Q(refund_id=told.subject) | Q(transfer_id=told.subject)
    for withdrawal_id in Withdrawal.objects.filter(known).values_list("pk", flat=True):
        paying_out.carry_on(withdrawal_id, now)
    _first(told, now)


def _refund(told: Told, now: datetime) -> None:
    """A refund is one of our withdrawals, or somebody has made it by hand."""
    if Withdrawal.objects.filter(refund_id=told.subject).exists():
        _sent(told, now)
        return
    refunds.settle(told.subject, now)
    _first(told, now)


def _refunded(told: Told, now: datetime) -> None:
    refunds.settle_all(told.subject, now)
    _first(told, now)


def _account(told: Told, now: datetime) -> None:
    payout_details.refresh(told.account or told.subject, now)
    _first(told, now)


def _first(told: Told, now: datetime) -> bool:
    """Note that an event was acted on; what is noted before its effect is committed is noted in the same transaction."""
    return ProviderEvent.objects.get_or_create(pk=told.id, defaults={"kind": told.kind, "at": now})[1]


ACTS: dict[str, Callable[[Told, datetime], None]] = {
    "charge.dispute.created": _claim,
    "charge.dispute.updated": _claim,
    "charge.dispute.funds_withdrawn": _claim,
    "charge.dispute.funds_reinstated": _claim,
    "charge.dispute.closed": _claim,
    "payout.paid": _sent,
    "payout.failed": _sent,
    "payout.canceled": _sent,
    "charge.refunded": _refunded,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "account.updated": _account,
    "account.external_account.created": _account,
    "account.external_account.updated": _account,
    "account.external_account.deleted": _account,
}
