"""What pays: a card, a PayPal account or Alipay, as the payment keeps it and with what then happens."""

from dataclasses import dataclass

from finance.sandbox.cards import EnteredCard, fingerprint
from finance.sandbox.store import Json
from finance.sandbox.work import new_id

METHODS = ("card", "paypal", "alipay")
PAYPAL_PAYS, PAYPAL_DECLINED = "buyer@example.com", "declined@example.com"
PAYPAL_ACCOUNTS = {PAYPAL_PAYS: "Pays", PAYPAL_DECLINED: "Declined"}
# What the payer decides on Alipay's page; money that is under way arrives, or does not, a moment later.
ALIPAY_CHOICES = {
    "pay": "Confirm the payment",
    "later": "Confirm, money arrives later",
    "later_fail": "Confirm, money never arrives",
    "decline": "Decline",
}


@dataclass(frozen=True)
class Refusal:
    """Why the payer's side said no, in the provider's words."""

    message: str
    code: str
    decline_code: str
    kind: str = "card_error"


@dataclass(frozen=True)
class Means:
    """`details` are kept with the charge; `settles` is empty for money that comes at once, else `paid` or `failed`."""

    kind: str
    details: Json
    name: str | None
    refusal: Refusal | None = None
    settles: str = ""


NEVER_CAME = Refusal("The payment did not arrive.", "payment_method_provider_timeout", "", "invalid_request_error")


def of_card(entered: EnteredCard) -> Means:
    """A test card, whose number decides what happens."""
    card = entered.card
    details: Json = {
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
    refusal = Refusal(card.message, card.error_code, card.decline_code) if card.message else None
    return Means("card", details, entered.name, refusal)


def of_paypal(account: str) -> Means:
    """A test account, whose address decides what happens."""
    details: Json = {
        "country": "US",
        "payer_email": account,
        "payer_id": fingerprint(account).upper()[:13],
        "payer_name": "Test Buyer",
        "seller_protection": None,
        "transaction_id": new_id("", 17)[1:].upper(),
    }
    return Means("paypal", details, "Test Buyer", _declined("PayPal") if account == PAYPAL_DECLINED else None)


def of_alipay(choice: str) -> Means:
    """What was pressed decides what happens."""
    details: Json = {
        "buyer_id": "2088000000000000",
        "fingerprint": fingerprint("alipay"),
        "transaction_id": new_id("", 28)[1:],
    }
    refusal = _declined("Alipay") if choice == "decline" else None
    return Means("alipay", details, None, refusal, {"later": "paid", "later_fail": "failed"}.get(choice, ""))


def _declined(whose: str) -> Refusal:
    return Refusal(
        f"{whose} declined this payment.", "payment_method_provider_decline", "generic_decline", "invalid_request_error"
    )
