"""Telling staff what looks like one person with two accounts (REF-05). Nothing follows by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import NotAllowed, OutOfTurn
from referrals.likeness import LIKENESSES, sharing_a_card
from referrals.models import Attachment, Flag, FlagKind

JUDGE = "referrals.change_attachment"


def flag(attachment: Attachment, kind: FlagKind, *, now: datetime, **facts: Any) -> None:
    """Note it once for each kind; while nobody has dismissed it, the newest facts count."""
    found, made = Flag.objects.get_or_create(attachment=attachment, kind=kind, defaults={"facts": facts, "at": now})
    if not made and found.facts != facts:
        Flag.objects.filter(pk=found.pk, dismissed_at=None).update(facts=facts, at=now)


def look(attachment: Attachment, *, now: datetime) -> None:
    """Compare referrer and referral by every known sign."""
    for kind, likeness in LIKENESSES.items():
        facts = likeness(attachment.referrer, attachment.referral)
        if facts is not None:
            flag(attachment, kind, now=now, **facts)


def look_at_cards(user: User, *, now: datetime) -> None:
    """The user has paid with a card or named one for payouts: compare with those who brought them or whom they brought."""
    others = sharing_a_card(user)
    if not others:
        return
    pairs = Attachment.objects.filter(Q(referral=user, referrer__in=others) | Q(referrer=user, referral__in=others))
    for attachment in pairs.select_related("referrer", "referral"):
        look(attachment, now=now)


def dismiss(flag_id: int, *, by: User, now: datetime) -> None:
    """Staff has looked and found nothing wrong. Refused: without the right, for one's own, dismissed already."""
    with transaction.atomic():
        found = Flag.objects.select_for_update(of=("self",)).select_related("attachment").get(pk=flag_id)
        check_judge(found.attachment, by)
        if found.dismissed_at is not None:
            raise OutOfTurn(_("This flag has been dismissed already."))
        found.dismissed_at, found.dismissed_by = now, by
        found.save(update_fields=["dismissed_at", "dismissed_by"])
        record("referral.flag_dismissed", found.attachment, by=by, now=now, flag=found.kind)


def check_judge(attachment: Attachment, by: User) -> None:
    """Refuse those who may not judge referrals, and the two whom this one is about."""
    if not by.has_perm(JUDGE):
        raise NotAllowed(_("Only staff who look after referrals can do this."))
    if by.pk in (attachment.referrer_id, attachment.referral_id):
        raise NotAllowed(_("You are part of this referral: somebody else has to decide."))
