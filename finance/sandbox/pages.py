"""The pages people see: plain HTML from templates, every value escaped, no script."""

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template

from finance.sandbox.cards import TEST_CARDS
from finance.sandbox.config import Config
from finance.sandbox.means import ALIPAY_CHOICES, PAYPAL_ACCOUNTS, PAYPAL_PAYS
from finance.sandbox.store import Json

FOLDER = Path(__file__).parent / "html"
CREDIT_EXAMPLE = "4242424242424242"
DEBIT_EXAMPLE = "4000056655665556"
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£"}


class Html(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


def render(template: str, /, **values: str) -> Html:
    """Fill a template; values that are not `Html` are escaped."""
    safe = {key: value if isinstance(value, Html) else escape(value) for key, value in values.items()}
    return Html(Template((FOLDER / template).read_text(encoding="utf-8")).substitute(safe))


def style() -> str:
    """Return the style sheet."""
    return (FOLDER / "pay.css").read_text(encoding="utf-8")


def amount(cents: int, currency: str) -> str:
    """Return cents as a price with its currency, such as `$1,250.00 USD`."""
    return f"{SYMBOLS[currency]}{cents // 100:,}.{cents % 100:02d} {currency.upper()}"


def _page(title: str, body: Html) -> str:
    return render("base.html", title=title, body=body)


def _field(name: str, label: str, typed: Mapping[str, str], errors: Mapping[str, str], **more: str) -> Html:
    error = errors.get(name, "")
    return render(
        "field.html",
        name=name,
        label=label,
        value=typed.get(name, ""),
        placeholder=more.get("placeholder", ""),
        mode=more.get("mode", "text"),
        invalid=render("invalid.html", name=name) if error else Html(""),
        error=render("error.html", name=name, error=error) if error else Html(""),
    )


def _card_fields(typed: Mapping[str, str], errors: Mapping[str, str], example: str) -> dict[str, str]:
    return {
        "number": _field("number", "Card number", typed, errors, mode="numeric", placeholder=_grouped(example)),
        "expiry": _field("expiry", "Expiry date (MM / YY)", typed, errors, mode="text", placeholder="04 / 31"),
        "cvc": _field("cvc", "Security code (CVC)", typed, errors, mode="numeric", placeholder="123"),
    }


def _alert(errors: Mapping[str, str]) -> Html:
    if not errors:
        return Html("")
    message = errors.get("") or "Correct the fields marked below and send the form again."
    return render("alert.html", message=message)


def _cards(*, debit_only: bool) -> Html:
    shown = [card for card in TEST_CARDS if card.funding == "debit" or not debit_only]
    rows = [
        render("card.html", number=_grouped(card.number), brand=card.brand.capitalize(), effect=card.effect)
        for card in shown
    ]
    return Html("".join(rows))


def _grouped(number: str) -> str:
    if len(number) == 15:
        return f"{number[:4]} {number[4:10]} {number[10:]}"
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _lines(session: Json) -> Html:
    rows = [
        render(
            "line.html",
            name=item["description"] + (f" × {item['quantity']}" if item["quantity"] > 1 else ""),
            details=item["details"] or "",
            amount=amount(item["amount_total"], item["currency"]),
        )
        for item in session["line_items"]["data"]
    ]
    return Html("".join(rows))


def payment(config: Config, session: Json, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    """The payment page of an open session, with what was typed and what is wrong with it."""
    total = amount(session["amount_total"], session["currency"])
    methods = session["payment_method_types"]
    chosen = typed.get("method") if typed.get("method") in methods else methods[0]
    forms = [
        _method(method, session, total, *((typed, errors) if method == chosen else ({}, {})), is_open=method == chosen)
        for method in methods
    ]
    body = render(
        "pay.html",
        merchant=config.merchant,
        total=total,
        lines=_lines(session),
        expires=datetime.fromtimestamp(session["expires_at"], UTC).strftime("%B %-d, %Y, %H:%M UTC"),
        alert=_alert(errors),
        title=f"Pay with {METHOD_NAMES[methods[0]]}" if len(methods) == 1 else "Choose how to pay",
        forms=forms[0] if len(forms) == 1 else Html("".join(forms)),
        cancel=_link(session["cancel_url"], f"Cancel and return to {config.merchant}"),
        cards=render("cards.html", cards=_cards(debit_only=False)) if "card" in methods else Html(""),
    )
    return _page(("Error: " if errors else "") + f"Pay {total} to {config.merchant}", body)


def _method(
    method: str, session: Json, total: str, typed: Mapping[str, str], errors: Mapping[str, str], *, is_open: bool
) -> Html:
    form = _FORMS[method](session, total, typed, errors)
    if len(session["payment_method_types"]) == 1:
        return form
    name = METHOD_NAMES[method]
    return render("method.html", name=name[0].upper() + name[1:], form=form, open=Html("open") if is_open else Html(""))


def _card_form(session: Json, total: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> Html:
    email = session["customer_email"]
    return render(
        "pay_card.html",
        total=total,
        email=render("email.html", email=email) if email else _field("email", "E-mail", typed, errors, mode="email"),
        name=_field("name", "Name on card", typed, errors),
        **_card_fields(typed, errors, CREDIT_EXAMPLE),
    )


def _paypal_form(_: Json, total: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> Html:
    accounts = ", ".join(f"{account} ({effect.lower()})" for account, effect in PAYPAL_ACCOUNTS.items())
    account = _field("account", "PayPal account", typed, errors, mode="email", placeholder=PAYPAL_PAYS)
    return render("pay_paypal.html", total=total, account=account, accounts=accounts)


def _alipay_form(_: Json, total: str, __: Mapping[str, str], ___: Mapping[str, str]) -> Html:
    buttons = [render("choice.html", value=value, label=label) for value, label in ALIPAY_CHOICES.items()]
    return render("pay_alipay.html", total=total, buttons=Html("".join(buttons)))


METHOD_NAMES = {"card": "a card", "paypal": "PayPal", "alipay": "Alipay"}
_FORMS = {"card": _card_form, "paypal": _paypal_form, "alipay": _alipay_form}


def _link(address: str | None, label: str) -> Html:
    return render("link.html", address=address, label=label) if address else Html("")


def session_closed(config: Config, session: Json) -> str:
    """The page of a session that is paid or expired."""
    total = amount(session["amount_total"], session["currency"])
    if session["status"] == "complete":
        address = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
        if session["payment_status"] != "paid":
            return closed(config, "This payment is on its way", f"{total} will be confirmed in a moment.", address)
        return closed(config, "This payment is complete", f"{total} was paid. You were charged once.", address)
    message = "You were not charged. Start again from the site you came from."
    return closed(config, "This payment page has expired", message, session["cancel_url"])


def closed(config: Config, title: str, message: str, address: str | None = None) -> str:
    """A page with one message and a way back."""
    back = _link(address, f"Return to {config.merchant}")
    return _page(title, render("closed.html", title=title, message=message, back=back))


def onboarding(config: Config, link: Json, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    """The page on which a seller names the debit card for payouts."""
    body = render(
        "onboard.html",
        merchant=config.merchant,
        alert=_alert(errors),
        back=_link(link["return_url"], f"Return to {config.merchant} without finishing"),
        cards=_cards(debit_only=True),
        **_card_fields(typed, errors, DEBIT_EXAMPLE),
    )
    return _page(("Error: " if errors else "") + f"Get paid by {config.merchant}", body)
