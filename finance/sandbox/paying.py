"""What the hosted page does when the payer sends it: check what was typed, charge once."""

from collections.abc import Mapping
from dataclasses import dataclass

from finance.sandbox import cards
from finance.sandbox.api import accounts, events, payments
from finance.sandbox.api.later import later
from finance.sandbox.cards import EnteredCard
from finance.sandbox.store import Json
from finance.sandbox.work import Work

Errors = dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """The result of sending the page: `errors` by field name, '' for the payment as a whole; none when paid."""

    session: Json
    errors: Errors


def pay(work: Work, session: Json, typed: Mapping[str, str]) -> Outcome:
    """Pay an open session with the card that was typed; one that is paid or expired is left as it is."""
    if session["status"] != "open":
        return Outcome(session, {})
    errors = card_errors(typed, work.now)
    if not typed.get("name", "").strip():
        errors["name"] = "Enter the name on the card."
    email = session["customer_email"] or typed.get("email", "").strip()
    if not session["customer_email"] and not _looks_like_email(email):
        errors["email"] = "Enter an e-mail address, such as name@example.com."
    if errors:
        return Outcome(session, errors)
    entered = _entered(typed)
    charge = payments.charge(work, payments.intent_of(work, session), entered, email)
    if not charge["paid"]:
        return Outcome(session, {"": str(charge["failure_message"])})
    _complete(work, session, email, entered.name)
    if entered.card.disputed:
        later(work, "dispute", charge["id"], work.config.dispute_after)
    return Outcome(session, {})


def _complete(work: Work, session: Json, email: str, name: str) -> None:
    session.update(
        status="complete",
        payment_status="paid",
        url=None,
        customer_details={
            "address": None,
            "email": email,
            "name": name,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    )
    work.tx.save(session)
    events.emit(work, "checkout.session.completed", session, work.tx.owner(session["id"]))


def card_errors(typed: Mapping[str, str], now: int) -> Errors:
    """Return what is wrong with the three card fields; `now` is unix seconds."""
    number = typed.get("number", "")
    found = {
        "number": cards.number_error(number),
        "expiry": cards.expiry_error(typed.get("expiry", ""), now),
        "cvc": cards.cvc_error(typed.get("cvc", ""), number),
    }
    return {name: error for name, error in found.items() if error}


def _looks_like_email(typed: str) -> bool:
    name, at, host = typed.partition("@")
    return bool(name and at and "." in host.strip(".")) and not any(letter.isspace() for letter in typed)


def _entered(typed: Mapping[str, str]) -> EnteredCard:
    read = cards.expiry(typed["expiry"])
    assert read is not None
    card = cards.BY_NUMBER[cards.digits(typed["number"])]
    return EnteredCard(card, read[0], read[1], typed["name"].strip())


def onboard(work: Work, link: Json, account: Json, typed: Mapping[str, str]) -> Errors:
    """Finish a connected account's onboarding with a test debit card; that uses up the link."""
    errors = card_errors(typed, work.now)
    card = cards.BY_NUMBER.get(cards.digits(typed.get("number", "")))
    if "number" not in errors and (card is None or card.funding != "debit"):
        errors["number"] = "Payouts go to a debit card. Use one of the debit cards listed below."
    if errors or card is None:
        return errors
    accounts.attach(work, account, card)
    accounts.enable(work, account)
    work.tx.save({**link, "used": True})
    return {}
