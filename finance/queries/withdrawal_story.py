"""What happened to a withdrawal, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.events import timeline
from finance.models import Withdrawal


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


def story(withdrawal: Withdrawal) -> list[Told]:
    """What was recorded of it, oldest first; names of staff, and what staff say to each other, are not told."""
    return [
        Told(text, event.at, icon, tone, str(event.facts.get("reason", "")))
        for event in timeline(withdrawal)
        if event.kind in WORDS
        for text, icon, tone in [WORDS[event.kind]]
    ]
