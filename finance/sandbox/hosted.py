"""The hosted pages behind their addresses: paying a session, onboarding a connected account."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from finance.sandbox import pages, paying
from finance.sandbox.api import checkout
from finance.sandbox.config import Config
from finance.sandbox.store import Json, Store
from finance.sandbox.work import Work, working

Typed = Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    """A page, or a redirect when it has a location."""

    status: int
    html: str = ""
    location: str = ""


def answer(store: Store, config: Config, path: str, typed: Typed | None) -> Shown:
    """Answer a page address; `typed` is the posted form, None when the page is only looked at."""
    with working(store, config) as work:
        for pattern, view in VIEWS.items():
            match = re.fullmatch(pattern, path)
            if match:
                return view(work, match[1], typed)
    message = "There is no such page. Check the address or start again from the site you came from."
    return Shown(404, pages.closed(config, "Page not found", message))


def _payment(work: Work, session_id: str, typed: Typed | None) -> Shown:
    checkout.expire_if_due(work, session_id)
    session = work.tx.get(session_id)
    if session is None:
        message = "There is no such payment. Start again from the site you came from."
        return Shown(404, pages.closed(work.config, "Payment not found", message))
    if session["status"] == "expired":
        return Shown(410, pages.session_closed(work.config, session))
    if typed is None:
        if session["status"] == "complete":
            return Shown(200, pages.session_closed(work.config, session))
        return Shown(200, pages.payment(work.config, session, {}, {}))
    outcome = paying.pay(work, session, typed)
    if outcome.errors:
        status = 402 if "" in outcome.errors else 422
        return Shown(status, pages.payment(work.config, session, _shown_again(typed, outcome.errors), outcome.errors))
    # A second click lands here too and is led to the same place as the first.
    return Shown(303, location=_success(outcome.session))


def _success(session: Json) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _shown_again(typed: Typed, errors: Typed) -> Typed:
    # A number that might be a real card is not written into a page.
    hidden = {"number"} if "test cards only" in errors.get("number", "") else set()
    return {name: value for name, value in typed.items() if name not in hidden}


def _onboarding(work: Work, link_id: str, typed: Typed | None) -> Shown:
    link = work.tx.get(link_id)
    account = work.tx.get(link["account"]) if link else None
    if link is None or account is None:
        return Shown(404, pages.closed(work.config, "Page not found", "There is no such onboarding link."))
    if link["used"] or link["expires_at"] <= work.now:
        return Shown(303, location=link["refresh_url"])
    if typed is None:
        return Shown(200, pages.onboarding(work.config, link, {}, {}))
    errors = paying.onboard(work, link, account, typed)
    if errors:
        return Shown(422, pages.onboarding(work.config, link, _shown_again(typed, errors), errors))
    return Shown(303, location=link["return_url"])


View = Callable[[Work, str, Typed | None], Shown]

VIEWS: dict[str, View] = {
    r"/c/pay/(cs_test_\w+)": _payment,
    r"/connect/(al_\w+)": _onboarding,
}
