"""Transfers from the platform's balance to a connected account, and their reversal."""

from finance.sandbox.api import balance, events, lists
from finance.sandbox.config import CURRENCIES, LARGEST_CHARGE_CENTS
from finance.sandbox.errors import ApiError, not_found
from finance.sandbox.params import Field, Shape, choice, integer, metadata, text
from finance.sandbox.store import Json
from finance.sandbox.work import Call, new_id

CREATE: Shape = {
    "amount": Field(integer(1, LARGEST_CHARGE_CENTS), required=True),
    "currency": Field(choice(*CURRENCIES), required=True),
    "destination": Field(text(), required=True),
    "description": Field(text()),
    "metadata": Field(metadata),
    "source_transaction": Field(text()),
    "transfer_group": Field(text()),
}
REVERSE: Shape = {
    "amount": Field(integer(1, LARGEST_CHARGE_CENTS)),
    "description": Field(text()),
    "metadata": Field(metadata),
}
LIST = lists.listing_of("destination", "transfer_group")


def created(call: Call) -> Json:
    """POST /v1/transfers: bounded by the platform's balance; the account must be able to receive transfers."""
    destination = _destination(call)
    if "source_transaction" in call.params:
        call.owned("charge", call.params["source_transaction"], "source_transaction")
    amount, currency = call.params["amount"], call.params["currency"]
    balance.require(call.work, "", amount, "transfer")
    transfer_id = new_id("tr")
    outgoing = balance.move(call.work, "transfer", -amount, currency, transfer_id)
    balance.move(call.work, "payment", amount, currency, transfer_id, destination)
    transfer = {**new(call, transfer_id), "balance_transaction": outgoing["id"]}
    call.tx.insert(transfer)
    events.emit(call.work, "transfer.created", transfer)
    return transfer


def new(call: Call, transfer_id: str) -> Json:
    """A transfer as it was asked for, not kept yet and without its movement."""
    return {
        "id": transfer_id,
        "object": "transfer",
        "amount": call.params["amount"],
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": call.work.now,
        "currency": call.params["currency"],
        "description": call.params.get("description"),
        "destination": call.params["destination"],
        "destination_payment": None,
        "livemode": False,
        "metadata": call.params.get("metadata", {}),
        "reversals": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/transfers/{transfer_id}/reversals",
        },
        "reversed": False,
        "source_transaction": call.params.get("source_transaction"),
        "source_type": "card",
        "transfer_group": call.params.get("transfer_group"),
    }


def _destination(call: Call) -> str:
    account = call.tx.get(call.params["destination"])
    if account is None or account["object"] != "account":
        raise not_found("destination", call.params["destination"], "destination")
    if account["capabilities"].get("transfers") != "active":
        message = "Your destination account needs to have the transfers capability enabled."
        raise ApiError(message, code="insufficient_capabilities_for_transfer", param="destination")
    return str(account["id"])


def reversed_(call: Call) -> Json:
    """POST /v1/transfers/{id}/reversals: bounded by its rest and by what the account still has."""
    transfer = call.owned("transfer", call.path["id"])
    rest = transfer["amount"] - transfer["amount_reversed"]
    amount = int(call.params.get("amount", rest))
    if amount > rest or rest == 0:
        message = f"Reversal amount ({amount} cents) is greater than unreversed amount ({rest} cents)"
        raise ApiError(message, param="amount")
    balance.require(call.work, transfer["destination"], amount, "reversal")
    reversal_id = new_id("trr")
    balance.move(call.work, "payment_refund", -amount, transfer["currency"], reversal_id, transfer["destination"])
    incoming = balance.move(call.work, "transfer_refund", amount, transfer["currency"], reversal_id)
    reversal: Json = {
        "id": reversal_id,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": incoming["id"],
        "created": call.work.now,
        "currency": transfer["currency"],
        "metadata": call.params.get("metadata", {}),
        "transfer": transfer["id"],
    }
    call.tx.insert(reversal)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, reversal)
    call.tx.save(transfer)
    events.emit(call.work, "transfer.reversed", transfer)
    return reversal


def listed(call: Call) -> Json:
    """GET /v1/transfers"""
    return lists.page(call, "transfer", "/v1/transfers")


def retrieved(call: Call) -> Json:
    """GET /v1/transfers/{id}"""
    return call.owned("transfer", call.path["id"])
