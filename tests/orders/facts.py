"""Everything a denied step must leave alone, in one comparable value."""

from __future__ import annotations

from typing import Any

from core.models import Event
from finance.models import Account, Posting
from orders.models import Attachment, Message, Order, Outcome


def facts(order_id: int) -> dict[str, Any]:
    """The order's row, its events, messages and outcome, and every posting of the ledger."""
    return {
        "order": Order.objects.filter(pk=order_id).values().get(),
        "events": list(Event.objects.order_by("pk").values_list("pk", "kind")),
        "messages": list(Message.objects.filter(order=order_id).order_by("pk").values()),
        "attachments": Attachment.objects.count(),
        "outcomes": list(Outcome.objects.filter(order=order_id).values()),
        "postings": list(Posting.objects.order_by("pk").values_list("pk", "amount")),
        "balances": list(Account.objects.filter(kept=True).order_by("key").values_list("key", "balance")),
    }
