"""What follows in this room from what happened in another."""

from __future__ import annotations

from core.models import Event
from finance.models import PayoutDetails, TopUp
from referrals.steps import flagging


def look_at_paying_card(event: Event) -> None:
    """A top-up was paid: staff is told of a card that a referral and its referrer share (REF-05)."""
    flagging.look_at_cards(TopUp.objects.select_related("user").get(pk=event.subject_id).user, now=event.at)


def look_at_payout_card(event: Event) -> None:
    """A card for payouts was named: the same."""
    flagging.look_at_cards(PayoutDetails.objects.select_related("user").get(pk=event.subject_id).user, now=event.at)
