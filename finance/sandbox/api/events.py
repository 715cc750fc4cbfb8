"""Events: what happened, as a snapshot, and the order to tell the webhook."""

import time

from finance.sandbox import deliveries
from finance.sandbox.api import lists
from finance.sandbox.config import API_VERSION
from finance.sandbox.expand import expanded
from finance.sandbox.store import Json
from finance.sandbox.work import Call, Work, new_id

LIST = lists.listing_of("type")


def emit(work: Work, kind: str, subject: Json, account: str = "") -> Json:
    """Record that `kind` happened to `subject` and queue its webhook in the same transaction."""
    event: Json = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": work.now,
        "data": {"object": expanded(work.tx, subject, [])},
        "livemode": False,
        "pending_webhooks": 1 if work.config.webhook_url else 0,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    if account:
        event["account"] = account
    work.tx.insert(event, account)
    if work.config.webhook_url:
        deliveries.enqueue(work.tx, event["id"], time.time())
    return event


def listed(call: Call) -> Json:
    """GET /v1/events"""
    return lists.page(call, "event", "/v1/events")


def retrieved(call: Call) -> Json:
    """GET /v1/events/{id}"""
    return call.owned("event", call.path["id"])
