"""What happened to a withdrawal, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.events import timeline
from core.models import Event
from finance.models import Withdrawal
from finance.rules import REFUND_SHOWS_IN_DAYS


@dataclass(frozen=True)
class Told:
    """One line of the story, as components/timeline.html draws it."""

    text: str | Promise
    at: datetime
    icon: str
    tone: str = ""
    detail: str = ""
    actor: str = ""


WORDS: dict[str, tuple[str | Promise, str, str]] = {
    "withdrawal.requested": (_("Asked for; the sum was set aside"), "wallet", ""),
    "withdrawal.canceled": (_("Canceled; the money is back on the balance"), "circle-x", ""),
    "withdrawal.batched": (_("The payment date has come; staff look at it"), "clock", ""),
    "withdrawal.approved": (_("Approved by two of staff"), "shield-check", "positive"),
    "withdrawal.rejected": (_("Stopped; the money is back on the balance"), "circle-x", "negative"),
    "withdrawal.sent": (_("Sent by the payment service"), "arrow-up-right", ""),
    "withdrawal.paid": (_("Arrived"), "circle-check", "positive"),
    "withdrawal.doubted": (_("The payment service says that it did not arrive after all"), "triangle-alert", ""),
    "withdrawal.failed": (_("Failed; the money is back on the balance"), "triangle-alert", "negative"),
}


# Of what goes back to what it was paid with (WDR-02): it is sent, and its bank shows it only days later.
BACK_WORDS = WORDS | {
    "withdrawal.sent": (_("The payment service has begun to send it back"), "arrow-up-right", ""),
    "withdrawal.paid": (
        _("Sent back to %(where)s, which shows it within %(days)s business days"),
        "circle-check",
        "positive",
    ),
}


def story(withdrawal: Withdrawal) -> list[Told]:
    """What was recorded of it, oldest first; names of staff, and what staff say to each other, are not told."""
    words = BACK_WORDS if withdrawal.top_up_id else WORDS
    given = {"where": withdrawal.destination, "days": REFUND_SHOWS_IN_DAYS}
    return [
        Told(str(text) % given, _moment(event, withdrawal), icon, tone, str(event.facts.get("reason", "")))
        for event in timeline(withdrawal)
        if event.kind in words
        for text, icon, tone in [words[event.kind]]
    ]


def _moment(event: Event, withdrawal: Withdrawal) -> datetime:
    """When it happened; an approval when the second of staff gave it, not when the timer acted on it (WDR-03)."""
    batch = withdrawal.batch
    if event.kind == "withdrawal.approved" and batch is not None and batch.approved_at is not None:
        return batch.approved_at
    return event.at
