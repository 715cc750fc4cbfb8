"""Disputes: the bank takes the money back, with a fee of nothing, until the dispute is decided."""

from finance.sandbox.api import balance, events, lists
from finance.sandbox.config import DISPUTE_ANSWER_SECONDS
from finance.sandbox.errors import ApiError
from finance.sandbox.params import Field, Shape, boolean, mapping, metadata
from finance.sandbox.store import Json
from finance.sandbox.work import Call, Work, new_id

LIST = lists.listing_of("charge", "payment_intent")
UPDATE: Shape = {"evidence": Field(mapping), "metadata": Field(metadata), "submit": Field(boolean)}

WINNING_TEXT = "winning_evidence"
OPEN = ("needs_response", "under_review")


def open_by_card(work: Work, charge_id: str) -> None:
    """Dispute a charge that was paid with the card that disputes, unless it was refunded meanwhile."""
    charge = work.tx.get(charge_id)
    if charge and not charge["disputed"] and charge["amount_refunded"] < charge["amount"]:
        opened(work, charge)


def opened(work: Work, charge: Json, reason: str = "fraudulent") -> Json:
    """Open a dispute over what was not refunded and take the money out of the balance."""
    if not charge["paid"] or charge["disputed"] or charge["refunded"]:
        raise ApiError(f"Charge {charge['id']} cannot be disputed: it is unpaid, refunded or disputed already.")
    account = work.tx.owner(charge["id"])
    dispute = new(work, new_id("du"), charge, reason)
    taken = balance.move(work, "adjustment", -dispute["amount"], charge["currency"], dispute["id"], account)
    dispute["balance_transactions"].append(taken)
    work.tx.insert(dispute, account)
    charge.update(disputed=True, dispute=dispute["id"])
    work.tx.save(charge)
    events.emit(work, "charge.dispute.created", dispute, account)
    events.emit(work, "charge.dispute.funds_withdrawn", dispute, account)
    return dispute


def new(work: Work, dispute_id: str, charge: Json, reason: str) -> Json:
    """A dispute over what was not refunded of a charge, not kept yet and without its movement."""
    return {
        "id": dispute_id,
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": work.now,
        "currency": charge["currency"],
        "evidence": {},
        "evidence_details": {
            "due_by": work.now + DISPUTE_ANSWER_SECONDS,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }


def decided(work: Work, dispute: Json, *, won: bool) -> Json:
    """Close an open dispute; when it is won the money comes back."""
    if dispute["status"] not in OPEN:
        raise ApiError(f"This dispute is already closed: {dispute['status']}.")
    account = work.tx.owner(dispute["id"])
    dispute["status"] = "won" if won else "lost"
    if won:
        back = balance.move(work, "adjustment", dispute["amount"], dispute["currency"], dispute["id"], account)
        dispute["balance_transactions"].append(back)
    work.tx.save(dispute)
    if won:
        events.emit(work, "charge.dispute.funds_reinstated", dispute, account)
    events.emit(work, "charge.dispute.closed", dispute, account)
    return dispute


def updated(call: Call) -> Json:
    """POST /v1/disputes/{id}: with `submit`, the text "winning_evidence" wins, any other loses."""
    dispute = call.owned("dispute", call.path["id"])
    if dispute["status"] not in OPEN:
        raise ApiError(f"This dispute is already closed: {dispute['status']}.")
    evidence = call.params.get("evidence", {})
    dispute["evidence"].update(evidence)
    dispute["metadata"].update(call.params.get("metadata", {}))
    dispute["evidence_details"]["has_evidence"] = bool(dispute["evidence"])
    if not call.params.get("submit", bool(evidence)):
        return call.tx.save(dispute)
    dispute["evidence_details"]["submission_count"] += 1
    return decided(call.work, dispute, won=dispute["evidence"].get("uncategorized_text") == WINNING_TEXT)


def closed(call: Call) -> Json:
    """POST /v1/disputes/{id}/close: accept that the money is lost."""
    return decided(call.work, call.owned("dispute", call.path["id"]), won=False)


def listed(call: Call) -> Json:
    """GET /v1/disputes"""
    return lists.page(call, "dispute", "/v1/disputes")


def retrieved(call: Call) -> Json:
    """GET /v1/disputes/{id}"""
    return call.owned("dispute", call.path["id"])
