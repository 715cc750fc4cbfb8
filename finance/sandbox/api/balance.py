"""The balance and its transactions: every movement of money is one signed row, the balance is their sum."""

from finance.sandbox.api import lists
from finance.sandbox.errors import ApiError
from finance.sandbox.store import Json, Tx
from finance.sandbox.work import Call, Work, new_id

FEES = "fees"
OPENING = "opening"
LIST = lists.listing_of("type", "source", "payout", "currency")

REPORTING = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "adjustment": "dispute",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "payment_refund": "refund",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "refund_failure": "refund_failure",
}


def move(work: Work, kind: str, amount: int, currency: str, source: str, account: str = "") -> Json:
    """Record a movement of `amount` cents (negative: out) on an account's balance; charges cost the fee that is set."""
    fee = amount * fee_basis_points(work.tx) // 10_000 if kind == "charge" else 0
    body: Json = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": work.now,
        "balance_type": "payments",
        "created": work.now,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [_fee_detail(fee, currency)] if fee else [],
        "net": amount - fee,
        "reporting_category": REPORTING.get(kind, kind),
        "source": source,
        "status": "available",
        "type": kind,
    }
    return work.tx.insert(body, account)


def _fee_detail(fee: int, currency: str) -> Json:
    return {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Processing fees",
        "type": "stripe_fee",
    }


def fee_basis_points(tx: Tx) -> int:
    """Return what a charge costs, in hundredths of a percent; nothing unless it was set."""
    return int(tx.setting(FEES).get("fee_basis_points", 0))


def available(work: Work, account: str) -> int:
    """Return the cents an account can dispose of."""
    return work.tx.total("balance_transaction", account, "net") + (0 if account else opening(work.tx))


def opening(tx: Tx) -> int:
    """Return the cents that were in the platform's balance before the sandbox ran, on no list."""
    return int(tx.setting(OPENING).get("cents", 0))


def require(work: Work, account: str, amount: int, what: str) -> None:
    """Refuse to move more than the account has."""
    if available(work, account) < amount:
        message = f"You have insufficient available funds in your Stripe account for this {what}."
        raise ApiError(message, code="balance_insufficient", param="amount")


def retrieved(call: Call) -> Json:
    """GET /v1/balance"""
    cents = available(call.work, call.account)
    funds = {"amount": cents, "currency": "usd", "source_types": {"card": cents}}
    nothing = {"amount": 0, "currency": "usd", "source_types": {"card": 0}}
    return {
        "object": "balance",
        "available": [funds],
        "instant_available": [funds],
        "pending": [nothing],
        "livemode": False,
    }


def listed(call: Call) -> Json:
    """GET /v1/balance_transactions"""
    return lists.page(call, "balance_transaction", "/v1/balance_transactions")


def transaction_retrieved(call: Call) -> Json:
    """GET /v1/balance_transactions/{id}"""
    return call.owned("balance_transaction", call.path["id"])
