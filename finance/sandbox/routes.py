"""Every endpoint of the API: method, path, accepted parameters, verb."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from finance.sandbox.api import (
    accounts,
    balance,
    checkout,
    disputes,
    events,
    payments,
    payouts,
    refunds,
    transfers,
)
from finance.sandbox.errors import ApiError
from finance.sandbox.params import Shape
from finance.sandbox.store import Json
from finance.sandbox.work import Call

Verb = Callable[[Call], Json]


@dataclass(frozen=True)
class Route:
    """One endpoint; `{id}` in the path stands for an object's id."""

    method: str
    path: str
    verb: Verb
    shape: Shape

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the ids in the path if this endpoint answers it."""
        if method != self.method:
            return None
        found = re.fullmatch(self.path.replace("{id}", r"(?P<id>[A-Za-z0-9_]+)"), path)
        return found.groupdict() if found else None


ROUTES = (
    Route("POST", "/v1/checkout/sessions", checkout.created, checkout.CREATE),
    Route("GET", "/v1/checkout/sessions", checkout.listed, checkout.LIST),
    Route("GET", "/v1/checkout/sessions/{id}", checkout.retrieved, {}),
    Route("GET", "/v1/checkout/sessions/{id}/line_items", checkout.line_items_listed, {}),
    Route("POST", "/v1/checkout/sessions/{id}/expire", checkout.expired, {}),
    Route("GET", "/v1/payment_intents", payments.intents_listed, payments.INTENT_LIST),
    Route("GET", "/v1/payment_intents/{id}", payments.intent_retrieved, {}),
    Route("GET", "/v1/charges", payments.charges_listed, payments.CHARGE_LIST),
    Route("GET", "/v1/charges/{id}", payments.charge_retrieved, {}),
    Route("POST", "/v1/refunds", refunds.created, refunds.CREATE),
    Route("GET", "/v1/refunds", refunds.listed, refunds.LIST),
    Route("GET", "/v1/refunds/{id}", refunds.retrieved, {}),
    Route("GET", "/v1/balance", balance.retrieved, {}),
    Route("GET", "/v1/balance_transactions", balance.listed, balance.LIST),
    Route("GET", "/v1/balance_transactions/{id}", balance.transaction_retrieved, {}),
    Route("GET", "/v1/events", events.listed, events.LIST),
    Route("GET", "/v1/events/{id}", events.retrieved, {}),
    Route("GET", "/v1/disputes", disputes.listed, disputes.LIST),
    Route("GET", "/v1/disputes/{id}", disputes.retrieved, {}),
    Route("POST", "/v1/disputes/{id}", disputes.updated, disputes.UPDATE),
    Route("POST", "/v1/disputes/{id}/close", disputes.closed, {}),
    Route("POST", "/v1/accounts", accounts.created, accounts.CREATE),
    Route("GET", "/v1/accounts", accounts.listed, accounts.LIST),
    Route("GET", "/v1/accounts/{id}", accounts.retrieved, {}),
    Route("POST", "/v1/accounts/{id}", accounts.updated, accounts.UPDATE),
    Route("POST", "/v1/accounts/{id}/external_accounts", accounts.external_created, accounts.EXTERNAL),
    Route("GET", "/v1/accounts/{id}/external_accounts", accounts.externals_listed, accounts.LIST),
    Route("POST", "/v1/account_links", accounts.link_created, accounts.LINK),
    Route("POST", "/v1/transfers", transfers.created, transfers.CREATE),
    Route("GET", "/v1/transfers", transfers.listed, transfers.LIST),
    Route("GET", "/v1/transfers/{id}", transfers.retrieved, {}),
    Route("POST", "/v1/transfers/{id}/reversals", transfers.reversed_, transfers.REVERSE),
    Route("POST", "/v1/payouts", payouts.created, payouts.CREATE),
    Route("GET", "/v1/payouts", payouts.listed, payouts.LIST),
    Route("GET", "/v1/payouts/{id}", payouts.retrieved, {}),
)


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Return the endpoint that answers, with the ids in its path; an unknown one is refused with 404."""
    for route in ROUTES:
        ids = route.match(method, path)
        if ids is not None:
            return route, ids
    raise ApiError(f"Unrecognized request URL ({method}: {path}). The sandbox does not offer it.", status=404)
