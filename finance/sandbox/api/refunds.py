"""Refunds: never more than was charged."""

from finance.sandbox import faults
from finance.sandbox.api import balance, events, lists
from finance.sandbox.api.later import later
from finance.sandbox.config import LARGEST_CHARGE_CENTS
from finance.sandbox.errors import ApiError
from finance.sandbox.params import Field, Shape, choice, integer, metadata, text
from finance.sandbox.store import Json
from finance.sandbox.work import Call, Work, new_id

CREATE: Shape = {
    "charge": Field(text()),
    "payment_intent": Field(text()),
    "amount": Field(integer(1, LARGEST_CHARGE_CENTS)),
    "reason": Field(choice("duplicate", "fraudulent", "requested_by_customer")),
    "metadata": Field(metadata),
}
LIST = lists.listing_of("charge", "payment_intent")


def created(call: Call) -> Json:
    """POST /v1/refunds: by charge or payment intent, the whole rest unless an amount in cents is given."""
    charge = _charge(call)
    amount = _amount(call, charge)
    fails = faults.current(call.tx).refund_failure
    kind = charge["payment_method_details"]["type"]
    refund: Json = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.work.now,
        "currency": charge["currency"],
        "destination_details": {
            "type": kind,
            kind: {"type": "refund", "reference_status": "pending"} if kind == "card" else {},
        },
        "failure_balance_transaction": None,
        "failure_reason": None,
        "metadata": call.params.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "reason": call.params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if fails else "succeeded",
        "transfer_reversal": None,
        "_fails": fails,
    }
    moved = balance.move(call.work, "refund", -amount, charge["currency"], refund["id"], call.account)
    refund["balance_transaction"] = moved["id"]
    call.tx.insert(refund, call.account)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    charge["refunds"]["data"].insert(0, refund)
    call.tx.save(charge)
    events.emit(call.work, "refund.created", refund, call.account)
    events.emit(call.work, "charge.refunded", charge, call.account)
    if fails:
        later(call.work, "fail_refund", refund["id"], call.work.config.refund_after)
    return refund


def fail(work: Work, refund_id: str) -> None:
    """Let a pending refund fail: the payer's bank did not take it, and the money is back on the balance."""
    refund = work.tx.get(refund_id)
    charge = work.tx.get(refund["charge"]) if refund else None
    if refund is None or charge is None or refund["status"] != "pending":
        return
    account = work.tx.owner(refund_id)
    back = balance.move(work, "refund_failure", refund["amount"], refund["currency"], refund_id, account)
    refund.update(status="failed", failure_reason=refund["_fails"], failure_balance_transaction=back["id"])
    work.tx.save(refund)
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    charge["refunds"]["data"] = [refund if each["id"] == refund_id else each for each in charge["refunds"]["data"]]
    work.tx.save(charge)
    for kind in ("refund.failed", "refund.updated"):
        events.emit(work, kind, refund, account)


def _charge(call: Call) -> Json:
    params = call.params
    if "charge" in params:
        return call.owned("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise ApiError(message, code="parameter_missing")
    intent = call.owned("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        message = "This PaymentIntent does not have a successful charge to refund."
        raise ApiError(message, param="payment_intent")
    return call.owned("charge", intent["latest_charge"], "payment_intent")


def _amount(call: Call, charge: Json) -> int:
    if not charge["paid"]:
        raise ApiError(f"Charge {charge['id']} was not paid and cannot be refunded.", param="charge")
    if charge["disputed"]:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise ApiError(message, code="charge_disputed", param="charge")
    rest = charge["amount"] - charge["amount_refunded"]
    if rest == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise ApiError(message, code="charge_already_refunded", param="charge")
    amount = int(call.params.get("amount", rest))
    if amount > rest:
        message = f"Refund amount ({amount} cents) is greater than unrefunded amount on charge ({rest} cents)"
        raise ApiError(message, param="amount")
    return amount


def listed(call: Call) -> Json:
    """GET /v1/refunds"""
    return lists.page(call, "refund", "/v1/refunds")


def retrieved(call: Call) -> Json:
    """GET /v1/refunds/{id}"""
    return call.owned("refund", call.path["id"])
