"""What the hosted page does when the payer sends it: check what was typed, charge once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from finance.sandbox import cards, means
from finance.sandbox.api import accounts, events, payments
from finance.sandbox.api.later import later
from finance.sandbox.cards import EnteredCard
from finance.sandbox.means import ALIPAY_CHOICES, PAYPAL_ACCOUNTS, Means
from finance.sandbox.store import Json
from finance.sandbox.work import Work

Errors = dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """The result of sending the page: `errors` by field name, '' for the payment as a whole; none when paid."""

    session: Json
    errors: Errors


def pay(work: Work, session: Json, typed: Mapping[str, str]) -> Outcome:
    """Pay an open session as it was typed; one that is paid, being settled or expired is left as it is."""
    if session["status"] != "open":
        return Outcome(session, {})
    method = method_of(session, typed)
    if method not in session["payment_method_types"]:
        return Outcome(session, {"": "This way of paying is not offered here."})
    email, errors = _email(session, typed) if method == "card" else (session["customer_email"], {})
    errors |= CHECKS[method](typed, work.now)
    if errors:
        return Outcome(session, errors)
    with_what = READERS[method](typed)
    charge = payments.charge(work, payments.intent_of(work, session), with_what, email)
    if with_what.refusal:
        return Outcome(session, {"": with_what.refusal.message})
    _complete(work, session, email, with_what)
    if method == "card" and cards.BY_NUMBER[cards.digits(typed["number"])].disputed:
        later(work, "dispute", charge["id"], work.config.dispute_after)
    return Outcome(session, {})


def method_of(session: Json, typed: Mapping[str, str]) -> str:
    """Return the way of paying that was chosen, or the first that is offered."""
    return typed.get("method") or str(session["payment_method_types"][0])


def _email(session: Json, typed: Mapping[str, str]) -> tuple[str, Errors]:
    email = session["customer_email"] or typed.get("email", "").strip()
    if session["customer_email"] or _looks_like_email(email):
        return email, {}
    return email, {"email": "Enter an e-mail address, such as name@example.com."}


def _complete(work: Work, session: Json, email: str | None, with_what: Means) -> None:
    session.update(
        status="complete",
        payment_status="unpaid" if with_what.settles else "paid",
        url=None,
        customer_details={
            "address": None,
            "email": email,
            "name": with_what.name,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        _settles=with_what.settles,
    )
    work.tx.save(session)
    events.emit(work, "checkout.session.completed", session, work.tx.owner(session["id"]))
    if with_what.settles:
        later(work, "settle_payment", session["id"], work.config.settle_after)


def settle(work: Work, session_id: str) -> None:
    """Let a payment that takes its time arrive, or fail."""
    session = work.tx.get(session_id)
    if session is None or session["payment_status"] != "unpaid" or session["status"] != "complete":
        return
    intent = work.tx.get(session["payment_intent"])
    charge = work.tx.get(intent["latest_charge"]) if intent else None
    if intent is None or charge is None or charge["status"] != "pending":
        return
    arrives = session["_settles"] == "paid"
    if arrives:
        payments.succeeded(work, intent, charge)
        work.tx.save({**session, "payment_status": "paid"})
    else:
        payments.failed(work, intent, charge)
    kind = f"checkout.session.async_payment_{'succeeded' if arrives else 'failed'}"
    events.emit(work, kind, work.tx.get(session_id) or session, work.tx.owner(session_id))


def _card_and_name_errors(typed: Mapping[str, str], now: int) -> Errors:
    errors = card_errors(typed, now)
    if not typed.get("name", "").strip():
        errors["name"] = "Enter the name on the card."
    return errors


def _paypal_errors(typed: Mapping[str, str], _: int) -> Errors:
    if typed.get("account", "").strip().lower() in PAYPAL_ACCOUNTS:
        return {}
    return {"account": f"Use one of the test accounts: {', '.join(PAYPAL_ACCOUNTS)}."}


def _alipay_errors(typed: Mapping[str, str], _: int) -> Errors:
    return {} if typed.get("choice") in ALIPAY_CHOICES else {"": "Choose what happens in Alipay."}


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


CHECKS: dict[str, Callable[[Mapping[str, str], int], Errors]] = {
    "card": _card_and_name_errors,
    "paypal": _paypal_errors,
    "alipay": _alipay_errors,
}
READERS: dict[str, Callable[[Mapping[str, str]], Means]] = {
    "card": lambda typed: means.of_card(_entered(typed)),
    "paypal": lambda typed: means.of_paypal(typed["account"].strip().lower()),
    "alipay": lambda typed: means.of_alipay(typed["choice"]),
}


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
