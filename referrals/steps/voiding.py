"""Staff ends a referral that was not won honestly (REF-04)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import Invalid, OutOfTurn
from referrals.models import Attachment
from referrals.rules import VOID_REASON_MOST
from referrals.steps.flagging import check_judge


def void(attachment_id: int, reason: str, *, by: User, now: datetime) -> None:
    """From now on it pays nothing; what was paid stays paid. The referrer is told the reason, the referral nothing.

    Refused: without the right or a reason, for one's own, voided already.
    """
    said = reason.strip()
    if not said:
        raise Invalid(_("Write the reason: the referrer is told it."))
    if len(said) > VOID_REASON_MOST:
        raise Invalid(_("The reason is longer than %(most)s characters.") % {"most": VOID_REASON_MOST})
    with transaction.atomic():
        attachment = Attachment.objects.select_for_update(no_key=True).get(pk=attachment_id)
        check_judge(attachment, by)
        if attachment.voided_at is not None:
            raise OutOfTurn(_("This referral has been voided already."))
        attachment.voided_at, attachment.voided_by, attachment.void_reason = now, by, said
        attachment.save(update_fields=["voided_at", "voided_by", "void_reason"])
        record("referral.voided", attachment, by=by, now=now, reason=said)
