"""Payment intents and charges: what a payment attempt leaves behind."""

from finance.sandbox.api import balance, events, lists
from finance.sandbox.cards import EnteredCard, fingerprint
from finance.sandbox.store import Json
from finance.sandbox.work import Call, Work, new_id

INTENT_LIST = lists.listing_of("customer")
CHARGE_LIST = lists.listing_of("payment_intent", "transfer_group", "customer")


def intents_listed(call: Call) -> Json:
    """GET /v1/payment_intents"""
    return lists.page(call, "payment_intent", "/v1/payment_intents")


def intent_retrieved(call: Call) -> Json:
    """GET /v1/payment_intents/{id}"""
    return call.owned("payment_intent", call.path["id"], "intent")


def charges_listed(call: Call) -> Json:
    """GET /v1/charges"""
    return lists.page(call, "charge", "/v1/charges")


def charge_retrieved(call: Call) -> Json:
    """GET /v1/charges/{id}"""
    return call.owned("charge", call.path["id"])


def intent_of(work: Work, session: Json) -> Json:
    """Return the session's payment intent, made at its first payment attempt."""
    if session["payment_intent"]:
        found = work.tx.get(session["payment_intent"])
        assert found is not None
        return found
    wanted = session["_payment_intent_data"]
    intent_id = new_id("pi")
    intent: Json = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{new_id('', 24)[1:]}",
        "confirmation_method": "automatic",
        "created": work.now,
        "currency": session["currency"],
        "customer": session["customer"],
        "description": wanted.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": wanted.get("metadata", {}),
        "payment_method": None,
        "payment_method_types": ["card"],
        "receipt_email": wanted.get("receipt_email"),
        "status": "requires_payment_method",
        "transfer_group": wanted.get("transfer_group"),
    }
    session["payment_intent"] = intent_id
    work.tx.save(session)
    return work.tx.insert(intent, work.tx.owner(session["id"]))


def charge(work: Work, intent: Json, entered: EnteredCard, email: str | None) -> Json:
    """Try to charge a card for an intent; the charge is recorded whether it is paid or failed."""
    body = _charge_body(work, intent, entered, email)
    account = work.tx.owner(intent["id"])
    intent.update(latest_charge=body["id"], payment_method=body["payment_method"])
    if entered.card.message:
        _fail(body, intent, entered)
    else:
        body["balance_transaction"] = balance.move(
            work, "charge", intent["amount"], intent["currency"], body["id"], account
        )["id"]
        intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
    work.tx.insert(body, account)
    work.tx.save(intent)
    paid = bool(body["paid"])
    events.emit(work, "charge.succeeded" if paid else "charge.failed", body, account)
    events.emit(work, f"payment_intent.{'succeeded' if paid else 'payment_failed'}", intent, account)
    return body


def _charge_body(work: Work, intent: Json, entered: EnteredCard, email: str | None) -> Json:
    charge_id = new_id("ch")
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": email, "name": entered.name, "phone": None},
        "captured": True,
        "created": work.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "dispute": None,
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": {"network_status": "approved_by_network", "risk_level": "normal", "type": "authorized"},
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": new_id("pm"),
        "payment_method_details": {"type": "card", "card": _card_details(entered)},
        "receipt_email": intent["receipt_email"],
        "receipt_url": None,
        "refunded": False,
        "refunds": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/charges/{charge_id}/refunds",
        },
        "status": "succeeded",
        "transfer_group": intent["transfer_group"],
    }


def _card_details(entered: EnteredCard) -> Json:
    card = entered.card
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "exp_month": entered.exp_month,
        "exp_year": entered.exp_year,
        "fingerprint": fingerprint(card.number),
        "funding": card.funding,
        "last4": card.number[-4:],
        "network": card.brand,
        "three_d_secure": None,
        "wallet": None,
    }


def _fail(body: Json, intent: Json, entered: EnteredCard) -> None:
    card = entered.card
    body.update(
        amount_captured=0,
        captured=False,
        paid=False,
        status="failed",
        failure_code=card.error_code,
        failure_message=card.message,
        outcome={
            "network_status": "declined_by_network",
            "reason": card.decline_code,
            "type": "issuer_declined",
        },
    )
    intent["last_payment_error"] = {
        "type": "card_error",
        "code": card.error_code,
        "decline_code": card.decline_code,
        "message": card.message,
        "charge": body["id"],
    }
