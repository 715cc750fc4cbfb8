"""Giving documents their numbers: one after another in each series, none missing and none twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from core.models import Event
from finance.models import Document, DocumentKind, DocumentSeries, OfflinePayment, TopUp

Facts = dict[str, Any]


def issue(
    kind: DocumentKind, reference: str, *, user: User, other: User | None = None, facts: Facts, now: datetime
) -> Document:
    """The document of this kind for this reference; made if there is none yet.

    The series stays locked until the transaction ends, so call this after the money has moved and in a transaction of its
    own: a number that is rolled back is given to the next one, and no payment ever waits for a number.
    """
    made = find(kind, reference)
    if made:
        return made
    with transaction.atomic():
        number = _next_number(kind)
        made = find(kind, reference)  # by somebody whom the lock let go first
        if made:
            return made
        DocumentSeries.objects.filter(kind=kind).update(last=number)
        return Document.objects.create(
            kind=kind, number=number, user=user, other=other, reference=reference, facts=facts, at=now
        )


def find(kind: DocumentKind, reference: str) -> Document | None:
    """The document of this kind for this reference, if it was issued."""
    return Document.objects.filter(kind=kind, reference=reference).first()


def party(user: User) -> Facts:
    """Somebody as a document names them, whatever they are called later."""
    return {"name": user.shown_name, "login": user.login}


def receipt_for_top_up(event: Event) -> None:
    """A top-up was paid: its receipt (FIN-05)."""
    top_up = TopUp.objects.select_related("user").get(pk=event.subject_id)
    paid_at = top_up.settled_at or event.at
    facts = {
        "payer": party(top_up.user),
        "amount": top_up.amount.cents,
        "source": top_up.source,
        "what": "top-up",
        "for": str(top_up.pk),
        "paid_at": paid_at.isoformat(),
    }
    issue(DocumentKind.RECEIPT, top_up.reference, user=top_up.user, facts=facts, now=event.at)


def receipt_for_offline(event: Event) -> None:
    """A payment by bank transfer or another offline way arrived: its receipt (FIN-05, PAY-01)."""
    payment = OfflinePayment.objects.select_related("user").get(pk=event.subject_id)
    assert payment.received is not None
    facts = {
        "payer": party(payment.user),
        "amount": payment.received.cents,
        "source": payment.came_as,
        "what": "offline",
        "for": payment.code,
        "paid_at": event.at.isoformat(),
    }
    issue(DocumentKind.RECEIPT, payment.reference, user=payment.user, facts=facts, now=event.at)


def _next_number(kind: DocumentKind) -> int:
    DocumentSeries.objects.get_or_create(kind=kind)
    return DocumentSeries.objects.select_for_update().get(kind=kind).last + 1
