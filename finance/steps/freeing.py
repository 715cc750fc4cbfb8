"""Support lets bound money go before its time, or elsewhere when it cannot go back to its card at all (WDR-02, PAY-01)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import NotAllowed, OutOfTurn
from core.staff import may
from finance.models import Chargeback, ChargebackStatus, Lot, Withdrawal, WithdrawalStatus
from finance.steps.reasons import reason_given

DECIDE = "finance.change_lot"  # Django's own right; nothing else of a lot can be changed


def free(lot_id: int, reason: str, *, by: User, now: datetime) -> None:
    """From now on what is left of a payment may go back to where it came from; of a check, anywhere.

    Refused: no right to it, one's own or confirmed by oneself (NotAllowed), no reason (Invalid), free already or nothing
    left (OutOfTurn).
    """
    with _decided(lot_id, reason, "lot.freed", by=by, now=now) as lot:
        if not _waits(lot, now):
            raise OutOfTurn(_("Nothing of this payment has to wait."))
        lot.free_at = now


def release(lot_id: int, reason: str, *, by: User, now: datetime) -> None:
    """From now on what is left of a payment may go where earnings go, because it cannot go back.

    Refused like `free`, and when it was released already, or no bank has taken of the payment and nothing was tried and
    failed (OutOfTurn).
    """
    with _decided(lot_id, reason, "lot.released", by=by, now=now) as lot:
        if lot.released_at is not None:
            raise OutOfTurn(_("It was decided already that this payment may go elsewhere."))
        if not _is_stuck(lot):
            raise OutOfTurn(_("This payment can still go back to where it came from."))
        lot.released_at = now


def may_free(lot: Lot, by: User, now: datetime) -> bool:
    """Whether this person could free or release it now."""
    concerned = lot.account.owner_id == by.pk or _confirmed(lot, by)
    return may(by, DECIDE) and not concerned and (_waits(lot, now) or _is_stuck(lot))


@contextmanager
def _decided(lot_id: int, reason: str, kind: str, *, by: User, now: datetime) -> Iterator[Lot]:
    if not may(by, DECIDE):
        raise NotAllowed(_("Only support can decide where this money may go."))
    reason = reason_given(reason)
    with transaction.atomic():
        lot = Lot.objects.select_for_update(of=("self",)).select_related("account").get(pk=lot_id)
        if lot.account.owner_id == by.pk:
            raise NotAllowed(_("Your own payment is for somebody else to decide."))
        if _confirmed(lot, by):
            raise NotAllowed(_("You have confirmed this payment: its money is for somebody else to let go."))
        yield lot
        lot.save(update_fields=["free_at", "released_at"])
        record(kind, lot, by=by, now=now, reason=reason)


def _confirmed(lot: Lot, by: User) -> bool:
    return lot.announced is not None and by.pk in (lot.announced.confirmed_by_id, lot.announced.second_by_id)


def _waits(lot: Lot, now: datetime) -> bool:
    return lot.free_at > now and bool(lot.left) and lot.released_at is None and not _was_taken_back(lot)


def _was_taken_back(lot: Lot) -> bool:
    return Chargeback.objects.filter(announced__isnull=False, announced=lot.announced_id).exists()


def _is_stuck(lot: Lot) -> bool:
    if not lot.left or lot.released_at is not None:
        return False
    if lot.top_up_id is None:
        return _was_taken_back(lot)
    lost = Chargeback.objects.filter(top_up=lot.top_up_id, status=ChargebackStatus.LOST)
    refused = Withdrawal.objects.filter(top_up=lot.top_up_id, status=WithdrawalStatus.FAILED)
    return lost.exists() or refused.exists()
