"""The test cards and the checks of what was typed on the payment page. Card numbers are never stored."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class TestCard:
    """A card the sandbox knows: what it is and what happens when it pays."""

    number: str
    brand: str
    effect: str
    funding: str = "credit"
    country: str = "US"
    decline_code: str = ""
    error_code: str = "card_declined"
    message: str = ""
    disputed: bool = False
    payout_fails: bool = False


DECLINED = "Your card was declined."

TEST_CARDS = (
    TestCard("4242424242424242", "visa", "Pays"),
    TestCard("5555555555554444", "mastercard", "Pays"),
    TestCard("378282246310005", "amex", "Pays"),
    TestCard("4000056655665556", "visa", "Pays; takes payouts", funding="debit"),
    TestCard("5200828282828210", "mastercard", "Pays; takes payouts", funding="debit"),
    TestCard("4000056655665572", "visa", "Pays; payouts to it fail", funding="debit", payout_fails=True),
    TestCard(
        "6011981111111113", "discover", "Pays; no site that asks for Visa or Mastercard pays out to it", funding="debit"
    ),
    TestCard("4000002760000016", "visa", "Pays; issued in Germany", country="DE"),
    TestCard("4000000000000259", "visa", "Pays; disputed later", disputed=True),
    TestCard("4000000000000002", "visa", "Declined", decline_code="generic_decline", message=DECLINED),
    TestCard(
        "4000000000009995",
        "visa",
        "Declined: insufficient funds",
        decline_code="insufficient_funds",
        message="Your card has insufficient funds.",
    ),
    TestCard(
        "4000000000000069",
        "visa",
        "Declined: expired",
        error_code="expired_card",
        decline_code="expired_card",
        message="Your card has expired.",
    ),
    TestCard(
        "4000000000000127",
        "visa",
        "Declined: wrong security code",
        error_code="incorrect_cvc",
        decline_code="incorrect_cvc",
        message="Your card's security code is incorrect.",
    ),
)

BY_NUMBER = {card.number: card for card in TEST_CARDS}


@dataclass(frozen=True)
class EnteredCard:
    """A test card with what the payer typed beside it."""

    card: TestCard
    exp_month: int
    exp_year: int
    name: str


def passes_luhn(number: str) -> bool:
    """Tell whether the check digit fits."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def digits(typed: str) -> str:
    """Return the number without the spaces and hyphens people type."""
    return re.sub(r"[\s-]", "", typed)


def number_error(typed: str) -> str:
    """Return what is wrong with the card number, '' if nothing; only test cards are taken."""
    number = digits(typed)
    if not number:
        return "Enter the card number."
    if not re.fullmatch(r"[0-9]{12,19}", number):
        return "Your card number is incomplete."
    if not passes_luhn(number):
        return "Your card number is invalid."
    if number not in BY_NUMBER:
        return "This page takes test cards only. Use one of the numbers listed below, never a real card."
    return ""


def expiry(typed: str) -> tuple[int, int] | None:
    """Read `MM / YY` or `MM/YYYY` as month and four-digit year."""
    match = re.fullmatch(r"\s*(\d{1,2})\s*[/ -]?\s*(\d{2}|\d{4})\s*", typed)
    if not match:
        return None
    month, year = int(match[1]), int(match[2])
    if not 1 <= month <= 12:
        return None
    return month, year if year > 99 else 2000 + year


def expiry_error(typed: str, now: int) -> str:
    """Return what is wrong with the expiry date at `now` (unix seconds), '' if nothing."""
    if not typed.strip():
        return "Enter the expiry date."
    read = expiry(typed)
    if read is None:
        return "Enter the expiry date as month and year, such as 04 / 31."
    today = datetime.fromtimestamp(now, UTC)
    if (read[1], read[0]) < (today.year, today.month):
        return "Your card has expired: the expiry date is in the past."
    if read[1] > today.year + 50:
        return "The expiry year is too far in the future."
    return ""


def cvc_error(typed: str, number: str) -> str:
    """Return what is wrong with the security code, '' if nothing; American Express has four digits."""
    if not typed.strip():
        return "Enter the security code."
    known = BY_NUMBER.get(digits(number))
    length = 4 if known and known.brand == "amex" else 3
    if not re.fullmatch(rf"[0-9]{{{length}}}", typed.strip()):
        return f"The security code of this card has {length} digits."
    return ""


def fingerprint(number: str) -> str:
    """Return a name for the card that is the same for each use and does not reveal the number."""
    return hashlib.sha256(f"sandbox card {number}".encode()).hexdigest()[:16]
