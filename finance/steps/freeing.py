"""Support lets card money go back to its card before its time (WDR-02)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import NotAllowed, OutOfTurn
from finance.models import Lot
from finance.steps.reasons import reason_given

DECIDE = "finance.change_lot"  # Django's own right; nothing else of a lot can be changed


def free(lot_id: int, reason: str, *, by: User, now: datetime) -> None:
    """From now on what is left of a payment may go back to where it came from.

    Refused: no right to it, one's own (NotAllowed), no reason (Invalid), free already or nothing left (OutOfTurn).
    """
    if not (by.is_active and by.is_staff and by.has_perm(DECIDE)):
        raise NotAllowed(_("Only support can let money go back earlier."))
    reason = reason_given(reason)
    with transaction.atomic():
        lot = Lot.objects.select_for_update(of=("self",)).select_related("account").get(pk=lot_id)
        if lot.account.owner_id == by.pk:
            raise NotAllowed(_("Your own payment is for somebody else to decide."))
        if lot.free_at <= now or not lot.left:
            raise OutOfTurn(_("Nothing of this payment has to wait."))
        lot.free_at = now
        lot.save(update_fields=["free_at"])
        record("lot.freed", lot, by=by, now=now, reason=reason)


def may_free(lot: Lot, by: User, now: datetime) -> bool:
    """Whether this person could free it now."""
    waits = lot.free_at > now and bool(lot.left)
    return waits and by.has_perm(DECIDE) and lot.account.owner_id != by.pk
