"""What higher rooms put on a lower room's page: views in named places, and words for its clocks. One screen for all."""

from __future__ import annotations

from arbitration.queries.clocks import WORDINGS
from orders.models import Dispute
from orders.queries.clocks import Wording

SLOTS: dict[str, tuple[str, ...]] = {
    "order.dispute": ("order-dispute",),
    "order.help": ("order-help",),
    "order.feedback": ("order-feedback",),
    "kwork.order": ("order-form",),
    "kwork.feedback": ("kwork-feedback",),
    "profile.kworks": ("profile-kworks",),
    "profile.feedback": ("profile-feedback",),
}

# Who words the clock of each dispute on the order's page.
CLOCKS: dict[Dispute, Wording] = WORDINGS
