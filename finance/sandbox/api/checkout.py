"""Checkout sessions: creating, showing, expiring. They are paid on the hosted page, in `finance.sandbox.paying`."""

from finance.sandbox.api import events, lists
from finance.sandbox.api.later import later
from finance.sandbox.config import (
    CURRENCIES,
    LARGEST_CHARGE_CENTS,
    SESSION_LONGEST_SECONDS,
    SESSION_SHORTEST_SECONDS,
    SMALLEST_CHARGE_CENTS,
)
from finance.sandbox.errors import ApiError
from finance.sandbox.means import METHODS
from finance.sandbox.params import (
    Field,
    Shape,
    address,
    anything,
    choice,
    integer,
    listing,
    metadata,
    record,
    text,
)
from finance.sandbox.store import Json
from finance.sandbox.work import Call, Work, new_id

MOST_LINE_ITEMS = 100
MOST_IMAGES = 8

PRODUCT: Shape = {
    "name": Field(text(250), required=True),
    "description": Field(text()),
    "images": Field(listing(address, MOST_IMAGES)),
    "metadata": Field(metadata),
    "tax_code": Field(text()),
}
PRICE: Shape = {
    "currency": Field(choice(*CURRENCIES), required=True),
    "unit_amount": Field(integer(0, LARGEST_CHARGE_CENTS), required=True),
    "product_data": Field(record(PRODUCT), required=True),
    "tax_behavior": Field(choice("inclusive", "exclusive", "unspecified")),
}
LINE_ITEM: Shape = {
    "price_data": Field(record(PRICE), required=True),
    "quantity": Field(integer(1, 999_999)),
    "metadata": Field(metadata),
}
INTENT: Shape = {
    "description": Field(text(1000)),
    "metadata": Field(metadata),
    "receipt_email": Field(text(512)),
    "statement_descriptor": Field(text(22)),
    "statement_descriptor_suffix": Field(text(22)),
    "transfer_group": Field(text()),
}
CREATE: Shape = {
    "mode": Field(choice("payment"), required=True),
    "line_items": Field(listing(record(LINE_ITEM), MOST_LINE_ITEMS), required=True),
    "success_url": Field(address, required=True),
    "cancel_url": Field(address),
    "client_reference_id": Field(text(200)),
    "customer_email": Field(text(800)),
    "customer_creation": Field(choice("always", "if_required")),
    "expires_at": Field(integer(0, 99_999_999_999)),
    "metadata": Field(metadata),
    "payment_intent_data": Field(record(INTENT)),
    "allowed_payment_method_types": Field(listing(choice(*METHODS), len(METHODS))),
    "payment_method_options": Field(anything),
    "locale": Field(text(10)),
    "submit_type": Field(choice("auto", "pay", "book", "donate")),
    "billing_address_collection": Field(choice("auto", "required")),
    "ui_mode": Field(choice("hosted_page", "hosted")),
}
LIST = lists.listing_of("payment_intent", "status")


def created(call: Call) -> Json:
    """POST /v1/checkout/sessions"""
    items = [line_item(item) for item in call.params["line_items"]]
    currency = _one_currency(items)
    total = sum(item["amount_total"] for item in items)
    _check_total(total, currency)
    session = new(call, new_id("cs_test", 58), currency, total, items)
    call.tx.insert(session, call.account)
    later(call.work, "expire", session["id"], session["expires_at"] - call.work.now)
    return session


def new(call: Call, session_id: str, currency: str, total: int, items: list[Json]) -> Json:
    """An open session, not kept yet."""
    params, now = call.params, call.work.now
    return {
        "id": session_id,
        "object": "checkout.session",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "status": None},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "created": now,
        "currency": currency,
        "custom_fields": [],
        "customer": None,
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "expires_at": _expiry(params, now),
        "invoice": None,
        "line_items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/checkout/sessions/{session_id}/line_items",
        },
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_intent": None,
        "_payment_intent_data": params.get("payment_intent_data", {}),
        "payment_method_types": list(dict.fromkeys(params.get("allowed_payment_method_types") or ["card"])),
        "payment_status": "unpaid",
        "recovered_from": None,
        "setup_intent": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{call.work.config.public_url}/c/pay/{session_id}",
    }


def line_item(item: Json) -> Json:
    """One line of a session."""
    price, quantity = item["price_data"], item.get("quantity", 1)
    product = price["product_data"]
    amount = price["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product["name"],
        "details": product.get("description"),
        "metadata": item.get("metadata", {}),
        "price": {
            "id": new_id("price"),
            "object": "price",
            "active": False,
            "currency": price["currency"],
            "product": new_id("prod", 14),
            "type": "one_time",
            "unit_amount": price["unit_amount"],
        },
        "quantity": quantity,
    }


def _one_currency(items: list[Json]) -> str:
    currencies = {str(item["currency"]) for item in items}
    if not currencies:
        raise ApiError("Missing required param: line_items.", code="parameter_missing", param="line_items")
    if len(currencies) > 1:
        raise ApiError("All line items must have the same currency.", param="line_items")
    return currencies.pop()


def _check_total(total: int, currency: str) -> None:
    if total < SMALLEST_CHARGE_CENTS:
        message = f"The Checkout Session's total amount due must add up to at least 0.50 {currency}."
        raise ApiError(message, code="amount_too_small")
    if total > LARGEST_CHARGE_CENTS:
        message = f"The Checkout Session's total amount must be no more than 999,999.99 {currency}."
        raise ApiError(message, code="amount_too_large")


def _expiry(params: Json, now: int) -> int:
    at = int(params.get("expires_at", now + SESSION_LONGEST_SECONDS))
    # The client's clock may be a second behind ours by the time the request is read.
    if at - now < SESSION_SHORTEST_SECONDS - 60:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise ApiError(message, param="expires_at")
    if at - now > SESSION_LONGEST_SECONDS + 60:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise ApiError(message, param="expires_at")
    return at


def retrieved(call: Call) -> Json:
    """GET /v1/checkout/sessions/{id}"""
    session = call.owned("checkout.session", call.path["id"])
    expire_if_due(call.work, session["id"])
    return call.owned("checkout.session", session["id"])


def listed(call: Call) -> Json:
    """GET /v1/checkout/sessions"""
    return lists.page(call, "checkout.session", "/v1/checkout/sessions")


def line_items_listed(call: Call) -> Json:
    """GET /v1/checkout/sessions/{id}/line_items"""
    items: Json = call.owned("checkout.session", call.path["id"])["line_items"]
    return items


def expired(call: Call) -> Json:
    """POST /v1/checkout/sessions/{id}/expire: refused unless the session is still open."""
    session = call.owned("checkout.session", call.path["id"])
    expire_if_due(call.work, session["id"])
    session = call.owned("checkout.session", session["id"])
    if session["status"] != "open":
        message = f"Only open Checkout Sessions can be expired. This one has a status of {session['status']}."
        raise ApiError(message, param="session")
    return _expire(call.work, session)


def expire_if_due(work: Work, session_id: str) -> None:
    """Expire an open session whose time has come."""
    session = work.tx.get(session_id)
    if session and session["status"] == "open" and session["expires_at"] <= work.now:
        _expire(work, session)


def _expire(work: Work, session: Json) -> Json:
    session.update(status="expired", url=None)
    work.tx.save(session)
    events.emit(work, "checkout.session.expired", session, work.tx.owner(session["id"]))
    return session
