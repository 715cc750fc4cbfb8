"""What referrers are told; of their referrals they learn the login and nothing else."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.models import Event
from notifications.steps import tell
from referrals.models import Attachment, GroupReward, Reward


def joined(event: Event) -> None:
    """To the referrer: somebody has registered through the link (REF-01)."""
    attachment = _attachment(event.subject_id)
    _tell(event, attachment, mail=False, ends_at=attachment.ends_at.isoformat())


def activated(event: Event) -> None:
    """To the referrer: a referral has become active, until when it pays (REF-03)."""
    attachment = _attachment(event.subject_id)
    _tell(event, attachment, mail=False, ends_at=attachment.ends_at.isoformat())


def earned(event: Event) -> None:
    """To the referrer: an order has paid (REF-02)."""
    reward = Reward.objects.get(pk=event.subject_id)
    attachment = _attachment(reward.attachment_id)
    _tell(event, attachment, mail=False, amount_cents=reward.amount.cents, side=reward.side)


def voided(event: Event) -> None:
    """To the referrer: staff has voided a referral, and why (REF-04). The referral is told nothing."""
    _tell(event, _attachment(event.subject_id), mail=True, text=event.facts["reason"])


def group_paid(event: Event) -> None:
    """To whom it was paid: a monthly reward (GRP-02)."""
    reward = GroupReward.objects.select_related("run", "user").get(pk=event.subject_id)
    facts = {"kind": reward.kind, "month": str(reward.run), "amount_cents": reward.amount.cents}
    tell(reward.user, event=event, kind=event.kind, url=reverse("referral-group"), facts=facts, mail=False)


def _attachment(pk: int) -> Attachment:
    return Attachment.objects.select_related("referrer", "referral").get(pk=pk)


def _tell(event: Event, attachment: Attachment, *, mail: bool, **facts: Any) -> None:
    about = {"login": attachment.referral.login, **facts}
    tell(attachment.referrer, event=event, kind=event.kind, url=reverse("referral-people"), facts=about, mail=mail)
