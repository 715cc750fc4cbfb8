"""Payment intents and charges: what a payment attempt leaves behind."""

from finance.sandbox.api import balance, events, lists
from finance.sandbox.means import NEVER_CAME, Means, Refusal
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
    intent = new_intent(work, session, new_id("pi"))
    session["payment_intent"] = intent["id"]
    work.tx.save(session)
    return work.tx.insert(intent, work.tx.owner(session["id"]))


def new_intent(work: Work, session: Json, intent_id: str) -> Json:
    """A session's payment intent before any attempt, not kept yet."""
    wanted = session["_payment_intent_data"]
    return {
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
        "payment_method_types": list(session["payment_method_types"]),
        "receipt_email": wanted.get("receipt_email"),
        "status": "requires_payment_method",
        "transfer_group": wanted.get("transfer_group"),
    }


def charge(work: Work, intent: Json, means: Means, email: str | None) -> Json:
    """Try to charge a card or account for an intent; the charge is recorded whether it is paid, failed or on its way."""
    body = new_charge(work, intent, new_id("ch"), means, email)
    account = work.tx.owner(intent["id"])
    intent.update(latest_charge=body["id"], payment_method=body["payment_method"])
    work.tx.insert(body, account)
    if means.refusal:
        failed(work, intent, body, means.refusal)
    elif means.settles:
        body.update(paid=False, status="pending")
        intent.update(status="processing", last_payment_error=None)
        work.tx.save(body)
        work.tx.save(intent)
        events.emit(work, "charge.pending", body, account)
        events.emit(work, "payment_intent.processing", intent, account)
    else:
        succeeded(work, intent, body)
    return body


def succeeded(work: Work, intent: Json, body: Json) -> None:
    """The money of a charge is here."""
    account = work.tx.owner(intent["id"])
    moved = balance.move(work, "charge", intent["amount"], intent["currency"], body["id"], account)
    body.update(paid=True, status="succeeded", balance_transaction=moved["id"])
    intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
    work.tx.save(body)
    work.tx.save(intent)
    events.emit(work, "charge.succeeded", body, account)
    events.emit(work, "payment_intent.succeeded", intent, account)


def failed(work: Work, intent: Json, body: Json, refusal: Refusal = NEVER_CAME) -> None:
    """The payer's side said no; the intent can be paid in another way."""
    account = work.tx.owner(intent["id"])
    body.update(
        amount_captured=0,
        captured=False,
        paid=False,
        status="failed",
        failure_code=refusal.code,
        failure_message=refusal.message,
        outcome={
            "network_status": "declined_by_network",
            "reason": refusal.decline_code or None,
            "type": "issuer_declined",
        },
    )
    intent.update(
        status="requires_payment_method",
        last_payment_error={
            "type": refusal.kind,
            "code": refusal.code,
            "decline_code": refusal.decline_code or None,
            "message": refusal.message,
            "charge": body["id"],
        },
    )
    work.tx.save(body)
    work.tx.save(intent)
    events.emit(work, "charge.failed", body, account)
    events.emit(work, "payment_intent.payment_failed", intent, account)


def new_charge(work: Work, intent: Json, charge_id: str, means: Means, email: str | None) -> Json:
    """A charge that was paid, not kept yet and without its movement."""
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": email, "name": means.name, "phone": None},
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
        "payment_method_details": {"type": means.kind, means.kind: means.details},
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
