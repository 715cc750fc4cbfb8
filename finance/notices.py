"""What users are told about their money."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import User
from core.models import Event
from finance.models import TopUp
from notifications.steps import tell


def top_up_paid(event: Event) -> None:
    """To the payer: the sum is on the balance (FIN-02)."""
    _tell(event)


def top_up_abandoned(event: Event) -> None:
    """To the payer: the top-up was not paid in time, nothing was charged (FIN-03)."""
    _tell(event)


def top_up_closed(event: Event) -> None:
    """To the payer: staff has checked the payment and found none (FIN-03)."""
    _tell(event)


def bonus_given(event: Event) -> None:
    """To whom a bonus was given: how much, and for what (FIN-04)."""
    facts = {"amount_cents": event.facts["amount_cents"], "reason": event.facts["reason"]}
    user = User.objects.get(pk=event.subject_id)
    tell(user, event=event, kind=event.kind, url=reverse("balance"), facts=facts)


def _tell(event: Event) -> None:
    top_up = TopUp.objects.select_related("user").get(pk=event.subject_id)
    tell(
        top_up.user,
        event=event,
        kind=event.kind,
        url=top_up.get_absolute_url(),
        facts={"amount_cents": top_up.amount.cents},
    )
