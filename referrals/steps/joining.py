"""How a newcomer becomes a referral, and an active one (REF-01, REF-03). Both run in the transaction of what causes them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from referrals.cookies import CameBy
from referrals.models import Attachment, Deed, FlagKind, Referrer
from referrals.queries.earnings import running
from referrals.rules import ends_at
from referrals.steps.flagging import flag, look


@transaction.atomic
def attach(newcomer: User, came_by: CameBy, *, now: datetime) -> Attachment | None:
    """Attach somebody who registers now to the owner of the link that brought them, once.

    Nobody is attached to themselves or to a closed account; what would close a ring is kept, but void from the start (REF-05).
    """
    link = Referrer.objects.select_related("user").filter(code=came_by.code, user__is_active=True).first()
    if link is None or link.user_id == newcomer.pk:
        return None
    attachment, made = Attachment.objects.get_or_create(
        referral=newcomer, defaults={"referrer": link.user, "at": now, "ends_at": ends_at(now, active=False)}
    )
    if not made:
        return attachment
    ring = _ring(newcomer, link.user)
    if ring:
        attachment.voided_at, attachment.void_reason = now, _("This would close a ring of referrals.")
        attachment.save(update_fields=["voided_at", "void_reason"])
        flag(attachment, FlagKind.RING, now=now, logins=ring)
    else:
        record("referral.joined", attachment, by=newcomer, now=now)
    if came_by.own:
        flag(attachment, FlagKind.BROWSER, now=now)
    look(attachment, now=now)
    return attachment


def activate(user: User, deed: Deed, *, now: datetime) -> None:
    """The user has placed an order or has had a kwork accepted: the first time within 180 days makes a referral active.

    It is called inside the step itself and before that locks any account, so nothing is told twice or lost. Others than
    referrals, and those who are active, void or too late, it leaves as they are.
    """
    waiting = running(now).filter(referral=user, active_at=None)
    attachment = waiting.select_for_update(of=("self",), no_key=True).select_related("referrer", "referral").first()
    if attachment is None:
        return
    attachment.active_at, attachment.active_by = now, deed
    attachment.ends_at = ends_at(attachment.at, active=True)
    attachment.save(update_fields=["active_at", "active_by", "ends_at"])
    record("referral.activated", attachment, by=user, now=now, deed=deed.value)
    look(attachment, now=now)


def _ring(newcomer: User, referrer: User) -> list[str]:
    """The logins from the referrer up to the newcomer, where the newcomer stands above the referrer; else nothing."""
    chain: dict[int, str] = {}
    above: User | None = referrer
    while above is not None and above.pk not in chain:
        chain[above.pk] = above.login
        if above.pk == newcomer.pk:
            return list(chain.values())
        one_up = Attachment.objects.select_related("referrer").filter(referral=above).first()
        above = one_up.referrer if one_up else None
    return []
