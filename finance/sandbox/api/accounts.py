"""Connected accounts: created bare, made fit for payouts on the onboarding page or by the control API."""

from finance.sandbox.api import events, lists
from finance.sandbox.cards import BY_NUMBER, TestCard, fingerprint
from finance.sandbox.config import ONBOARDING_LINK_SECONDS
from finance.sandbox.errors import ApiError, not_found
from finance.sandbox.params import Field, Shape, address, anything, choice, mapping, metadata, text
from finance.sandbox.store import Json
from finance.sandbox.work import Call, Work, new_id

DETAILS = (
    "business_profile",
    "capabilities",
    "company",
    "individual",
    "settings",
    "tos_acceptance",
    "controller",
)
UPDATE: Shape = {
    "email": Field(text(800)),
    "business_type": Field(choice("individual", "company", "non_profit", "government_entity")),
    "default_currency": Field(text(3)),
    "external_account": Field(anything),
    "metadata": Field(metadata),
    **{name: Field(mapping) for name in DETAILS},
}
CREATE: Shape = {
    **UPDATE,
    "type": Field(choice("express", "custom", "standard")),
    "country": Field(text(2)),
}
LINK: Shape = {
    "account": Field(text(), required=True),
    "refresh_url": Field(address, required=True),
    "return_url": Field(address, required=True),
    "type": Field(choice("account_onboarding", "account_update"), required=True),
    "collection_options": Field(anything),
    "collect": Field(choice("currently_due", "eventually_due")),
}
EXTERNAL: Shape = {"external_account": Field(anything, required=True), "metadata": Field(metadata)}
LIST = lists.listing_of()

TOKENS = {
    "tok_visa_debit": "4000056655665556",
    "tok_mastercard_debit": "5200828282828210",
    "tok_visa_debit_us_transferSuccess": "4000056655665556",
    "tok_mastercard_debit_us_transferSuccess": "5200828282828210",
    "tok_visa_debit_us_transferFail": "4000056655665572",
}


def created(call: Call) -> Json:
    """POST /v1/accounts"""
    return _opened(call, new_id("acct", 16))


def settle_in(work: Work, account_id: str, card_id: str, known_as: str) -> None:
    """Open an account that was there before the sandbox, fit for payouts to its card; `known_as` is the card's fingerprint."""
    account = _opened(Call(work, {"type": "express"}), account_id)
    card = attach(work, account, BY_NUMBER[TOKENS["tok_visa_debit"]], card_id)
    card["fingerprint"] = known_as
    work.tx.save(card)
    work.tx.save(_fit(account, enabled=True))


def _opened(call: Call, account_id: str) -> Json:
    account: Json = {
        "id": account_id,
        "object": "account",
        "business_profile": {},
        "business_type": call.params.get("business_type"),
        "capabilities": {},
        "charges_enabled": False,
        "country": call.params.get("country", "US").upper(),
        "created": call.work.now,
        "default_currency": "usd",
        "details_submitted": False,
        "email": call.params.get("email"),
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account_id}/external_accounts",
        },
        "metadata": {},
        "payouts_enabled": False,
        "requirements": _requirements(["external_account", "individual.verification"]),
        "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        "type": call.params.get("type", "none"),
    }
    account["capabilities"] = dict.fromkeys(call.params.get("capabilities", {"transfers": {}}), "inactive")
    call.tx.insert(account)
    return _apply(call, account)


def updated(call: Call) -> Json:
    """POST /v1/accounts/{id}"""
    account = _apply(call, _found(call, call.path["id"]))
    events.emit(call.work, "account.updated", account, account["id"])
    return account


def _apply(call: Call, account: Json) -> Json:
    for name in ("email", "business_type", "default_currency"):
        account[name] = call.params.get(name, account[name])
    account["metadata"].update(call.params.get("metadata", {}))
    for name in ("business_profile", "settings"):
        account[name] = {**account[name], **call.params.get(name, {})}
    if "external_account" in call.params:
        attach(call.work, account, card_of(call.params["external_account"]))
    return call.tx.save(account)


def _requirements(due: list[str]) -> Json:
    return {
        "currently_due": due,
        "disabled_reason": "requirements.past_due" if due else None,
        "errors": [],
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    }


def enable(work: Work, account: Json, *, enabled: bool = True) -> Json:
    """Make an account fit for transfers and payouts, or unfit, and tell the platform."""
    work.tx.save(_fit(account, enabled=enabled))
    events.emit(work, "account.updated", account, account["id"])
    return account


def _fit(account: Json, *, enabled: bool) -> Json:
    account.update(charges_enabled=enabled, payouts_enabled=enabled)
    account["details_submitted"] = account["details_submitted"] or enabled
    account["capabilities"] = dict.fromkeys(account["capabilities"], "active" if enabled else "inactive")
    account["requirements"] = _requirements([] if enabled else ["individual.verification"])
    return account


def card_of(wanted: object) -> TestCard:
    """Return the test debit card that a token or a card's number names; others cannot receive payouts."""
    number = TOKENS.get(wanted, "") if isinstance(wanted, str) else ""
    if isinstance(wanted, dict):
        number = str(wanted.get("number", ""))
    card = BY_NUMBER.get(number)
    if card is None or card.funding != "debit":
        raise ApiError("Payouts go to a test debit card only.", code="invalid_card_type", param="external_account")
    return card


def attach(work: Work, account: Json, card: TestCard, card_id: str = "") -> Json:
    """Make a debit card the account's destination for payouts, in place of the former."""
    external = {
        "id": card_id or new_id("card"),
        "object": "card",
        "account": account["id"],
        "available_payout_methods": ["standard", "instant"],
        "brand": {"visa": "Visa", "mastercard": "MasterCard", "discover": "Discover"}[card.brand],
        "country": card.country,
        "created": work.now,
        "currency": "usd",
        "default_for_currency": True,
        "exp_month": 12,
        "exp_year": 2050,
        "fingerprint": fingerprint(card.number),
        "funding": card.funding,
        "last4": card.number[-4:],
        "metadata": {},
    }
    return _paid_to(work, account, external)


def attach_bank(work: Work, account: Json, name: str) -> Json:
    """Make an account at a bank of this name the destination for payouts, in place of the former; none goes there at once."""
    external = {
        "id": new_id("ba"),
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": name,
        "country": account["country"],
        "currency": "usd",
        "default_for_currency": True,
        "fingerprint": fingerprint(f"{name} {account['id']}"),
        "last4": "6789",
        "metadata": {},
        "routing_number": "110000000",
        "status": "new",
    }
    return _paid_to(work, account, external)


def _paid_to(work: Work, account: Json, external: Json) -> Json:
    work.tx.insert(external, account["id"])
    account["external_accounts"]["data"] = [external]
    work.tx.save(account)
    return external


def external_created(call: Call) -> Json:
    """POST /v1/accounts/{id}/external_accounts"""
    account = _found(call, call.path["id"])
    external = attach(call.work, account, card_of(call.params["external_account"]))
    events.emit(call.work, "account.external_account.created", external, account["id"])
    return external


def externals_listed(call: Call) -> Json:
    """GET /v1/accounts/{id}/external_accounts"""
    cards: Json = _found(call, call.path["id"])["external_accounts"]
    return cards


def link_created(call: Call) -> Json:
    """POST /v1/account_links: an address of the onboarding page that works once, for five minutes."""
    account = _found(call, call.params["account"], "account")
    link_id = new_id("al", 32)
    call.tx.insert({"id": link_id, "object": "link_target", "account": account["id"], "used": False, **_returns(call)})
    return {
        "object": "account_link",
        "created": call.work.now,
        "expires_at": call.work.now + ONBOARDING_LINK_SECONDS,
        "url": f"{call.work.config.public_url}/connect/{link_id}",
    }


def _returns(call: Call) -> Json:
    return {
        "refresh_url": call.params["refresh_url"],
        "return_url": call.params["return_url"],
        "expires_at": call.work.now + ONBOARDING_LINK_SECONDS,
    }


def listed(call: Call) -> Json:
    """GET /v1/accounts"""
    return lists.page(call, "account", "/v1/accounts")


def retrieved(call: Call) -> Json:
    """GET /v1/accounts/{id}"""
    return _found(call, call.path["id"])


def _found(call: Call, account_id: str, param: str = "account") -> Json:
    account = call.tx.get(account_id)
    if account is None or account["object"] != "account":
        raise not_found("account", account_id, param)
    return account
