"""Payouts from an account's balance to its debit card; they arrive or fail a moment later."""

from finance.sandbox.api import balance, events, lists
from finance.sandbox.api.later import later
from finance.sandbox.cards import TEST_CARDS, fingerprint
from finance.sandbox.config import CURRENCIES, LARGEST_CHARGE_CENTS
from finance.sandbox.errors import ApiError
from finance.sandbox.faults import current
from finance.sandbox.params import Field, Shape, choice, integer, metadata, text
from finance.sandbox.store import Json
from finance.sandbox.work import Call, Work, new_id

CREATE: Shape = {
    "amount": Field(integer(1, LARGEST_CHARGE_CENTS), required=True),
    "currency": Field(choice(*CURRENCIES), required=True),
    "description": Field(text()),
    "destination": Field(text()),
    "metadata": Field(metadata),
    "method": Field(choice("standard", "instant")),
    "source_type": Field(choice("card", "bank_account")),
    "statement_descriptor": Field(text(22)),
}
LIST = lists.listing_of("status", "destination")

COULD_NOT_PROCESS = "could_not_process"


def created(call: Call) -> Json:
    """POST /v1/payouts: bounded by the balance; the account must have a card and payouts enabled."""
    destination = _destination(call)
    amount, currency = call.params["amount"], call.params["currency"]
    balance.require(call.work, call.account, amount, "payout")
    payout_id = new_id("po")
    moved = balance.move(call.work, "payout", -amount, currency, payout_id, call.account)
    payout = {**new(call, payout_id, destination), "balance_transaction": moved["id"]}
    call.tx.insert(payout, call.account)
    events.emit(call.work, "payout.created", payout, call.account)
    later(call.work, "settle_payout", payout_id, call.work.config.payout_after)
    return payout


def new(call: Call, payout_id: str, destination: str) -> Json:
    """A payout as it was asked for, not kept yet and without its movement."""
    return {
        "id": payout_id,
        "object": "payout",
        "amount": call.params["amount"],
        "arrival_date": call.work.now + call.work.config.payout_after,
        "automatic": False,
        "balance_transaction": None,
        "created": call.work.now,
        "currency": call.params["currency"],
        "description": call.params.get("description"),
        "destination": destination,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": call.params.get("metadata", {}),
        "method": call.params.get("method", "standard"),
        "reconciliation_status": "not_applicable",
        "source_type": "card",
        "statement_descriptor": call.params.get("statement_descriptor"),
        "status": "pending",
        "type": "card",
    }


def _destination(call: Call) -> str:
    if not call.account:
        message = "The sandbox pays out connected accounts only: send the Stripe-Account header."
        raise ApiError(message, code="payouts_not_allowed")
    account = call.tx.get(call.account)
    assert account is not None
    if not account["payouts_enabled"]:
        raise ApiError("Payouts are not enabled for this account.", code="payouts_not_allowed")
    named = {each["id"]: each for each in account["external_accounts"]["data"]}
    wanted = str(call.params.get("destination", next(iter(named), "")))
    if wanted not in named:
        message = "The account has no such card to pay out to."
        raise ApiError(message, code="no_account", param="destination")
    if call.params.get("method", "standard") not in named[wanted]["available_payout_methods"]:
        raise ApiError("Nothing is paid out there at once.", code="instant_payouts_unsupported", param="method")
    return wanted


def settle(work: Work, payout_id: str) -> None:
    """Let a pending payout arrive, or fail and give the money back to the account's balance."""
    payout = work.tx.get(payout_id)
    if payout is None or payout["status"] != "pending":
        return
    account = work.tx.owner(payout_id)
    failure = current(work.tx).payout_failure or _card_failure(work, payout)
    payout["status"] = "failed" if failure else "paid"
    if failure:
        back = balance.move(work, "payout_failure", payout["amount"], payout["currency"], payout_id, account)
        payout.update(
            failure_balance_transaction=back["id"],
            failure_code=failure,
            failure_message="The card could not receive the payout.",
        )
    work.tx.save(payout)
    events.emit(work, "payout.failed" if failure else "payout.paid", payout, account)


def _card_failure(work: Work, payout: Json) -> str:
    card = work.tx.get(payout["destination"]) or {}
    failing = {fingerprint(known.number) for known in TEST_CARDS if known.payout_fails}
    return COULD_NOT_PROCESS if card.get("fingerprint") in failing else ""


def listed(call: Call) -> Json:
    """GET /v1/payouts"""
    return lists.page(call, "payout", "/v1/payouts")


def retrieved(call: Call) -> Json:
    """GET /v1/payouts/{id}"""
    return call.owned("payout", call.path["id"])
