"""Movements at the provider that belong to the site's owner, and that no machine can tell from others (FIN-07)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import NotAllowed, OutOfTurn
from finance import ledger
from finance.models import ProviderMovement, TopUp, TopUpStatus, Verb, Withdrawal, WithdrawalStatus
from finance.rules import RECONCILED_WITHIN
from finance.steps.reasons import reason_given

DECIDE = "finance.change_providermovement"  # Django's own right; nothing else of a movement can be changed
UNDER_WAY = (WithdrawalStatus.SENDING, WithdrawalStatus.SENT)


def book_as_own(movement_id: str, reason: str, *, by: User, now: datetime) -> None:
    """Staff has found that a movement is of the site's owner: it is booked as moved between provider and bank.

    Refused: no right to it (NotAllowed), no reason (Invalid), booked already, too young, or of a payment or a withdrawal that
    is to be decided instead (OutOfTurn).
    """
    if not _may(by):
        raise NotAllowed(_("Only staff who may change movements can decide this."))
    reason = reason_given(reason)
    with transaction.atomic():
        movement = ProviderMovement.objects.select_for_update(of=("self",)).get(pk=movement_id)
        if movement.entry_id is not None:
            raise OutOfTurn(_("This movement is booked already."))
        if not _is_old(movement, now):
            raise OutOfTurn(
                _("It is new: within an hour it may still find the payment or the withdrawal that it belongs to.")
            )
        whose = _whose(movement)
        if whose:
            raise OutOfTurn(_("It belongs to %(what)s: decide about that instead.") % {"what": whose})
        lines = {ledger.PROVIDER: -movement.amount, ledger.BANK: movement.amount}
        movement.entry = ledger.post(f"moved:{movement.pk}", Verb.MOVED, lines, by=by, now=now)
        movement.save(update_fields=["entry"])
        record("movement.owned", movement.entry, by=by, now=now, reason=reason, amount_cents=movement.amount.cents)


def may_book(movement: ProviderMovement, by: User, now: datetime) -> bool:
    """Whether this person could book it as the owner's now."""
    return movement.entry_id is None and _is_old(movement, now) and _may(by)


def _whose(movement: ProviderMovement) -> str:
    """What of ours it belongs to that has not ended; empty for nothing."""
    if not movement.source:
        return ""
    top_up = TopUp.objects.filter(charge_id=movement.source, status=TopUpStatus.QUESTIONED).first()
    if top_up is not None:
        return str(top_up)
    names = ("transfer_id", "payout_id", "refund_id", "reversal_id")
    is_its = Q(*[(name, movement.source) for name in names], _connector=Q.OR)
    withdrawal = Withdrawal.objects.filter(is_its, status__in=UNDER_WAY).first()
    return str(withdrawal) if withdrawal is not None else ""


def _is_old(movement: ProviderMovement, now: datetime) -> bool:
    return movement.at <= now - RECONCILED_WITHIN


def _may(by: User) -> bool:
    return by.is_active and by.is_staff and by.has_perm(DECIDE)
