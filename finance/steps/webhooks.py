"""What the provider tells us of its own accord; each event has its effect once (FIN-02)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from finance import provider
from finance.models import ProviderEvent
from finance.provider import Forged, Told
from finance.steps import top_ups

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
    """Act on a signed webhook: the provider is asked for the truth, then event and effect are written together.

    An event heard before and a kind we have no use for change nothing. Refused with ProviderDown; then it comes again.
    Raises Forged when it tells of a payment and names none.
    """
    if told.kind not in SESSION_KINDS or ProviderEvent.objects.filter(pk=told.id).exists():
        return
    if not told.subject:
        raise Forged("a payment without an id")
    session = provider.retrieve_checkout(told.subject)
    with transaction.atomic():
        _event, first = ProviderEvent.objects.get_or_create(pk=told.id, defaults={"kind": told.kind, "at": now})
        if first:
            top_ups.learn(told.subject, session, now, failed=told.kind == FAILED_KIND)
