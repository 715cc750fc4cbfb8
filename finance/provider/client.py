"""The one way to the payment provider: Stripe's own SDK, with what may go wrong turned into refusals.

Every call leaves the process and may take seconds, so none is made inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import stripe
import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from stripe import RequestsClient, StripeClient

from core.refusals import Refusal
from finance.rules import PROVIDER_RETRIES, PROVIDER_TIMEOUT_SECONDS

log = structlog.get_logger(__name__)
T = TypeVar("T")

# What the provider refuses for now, though the same request may succeed later.
PASSING = frozenset({"balance_insufficient", "lock_timeout", "rate_limit", "idempotency_key_in_use"})
MISSING = "resource_missing"


class ProviderDown(Refusal):
    """The payment service did not answer, or not in a way we could use; nothing was charged by this."""

    def __init__(self, why: str = "") -> None:
        super().__init__(_("The payment service cannot be reached at the moment. Nothing was charged: try again soon."))
        self.why = why  # in the provider's own words, for staff


class NotYet(ProviderDown):
    """The provider will not do it now, because it lacks money or time; nothing has happened, later it may."""


class Unanswered(ProviderDown):
    """The provider has understood a question and will not answer it; that says nothing of what it has done."""


class Declined(Exception):
    """The provider has understood a request and will not do it, now or later; nothing has happened."""


def asked(call: Callable[[], T]) -> T:
    """The provider's answer. Raises ProviderDown when it is not known whether anything was done, NotYet when nothing
    was but may be later, Declined when nothing ever will be, Unanswered when we may not ask.
    """
    # Raises when somebody calls from inside a transaction, which would hold its locks for as long as the provider takes.
    with transaction.atomic(durable=True):
        pass
    try:
        return call()
    except stripe.InvalidRequestError as error:
        if error.code in PASSING:
            log.warning("the payment provider cannot do it yet", code=error.code)
            raise NotYet(error.code or "") from error
        raise Declined(error.code or str(error)) from error
    except stripe.CardError as error:
        raise Declined(error.code or str(error)) from error
    except stripe.PermissionError as error:
        log.warning("the payment provider does not let us", error=str(error))
        raise Unanswered(error.code or "not permitted") from error
    except stripe.StripeError as error:
        log.warning("the payment provider failed", error=str(error), status=error.http_status)
        raise ProviderDown(error.code or type(error).__name__) from error


def written(metadata: object, name: str) -> str:
    """What we wrote on an object of the provider's under this name; empty when it bears nothing of ours."""
    return str(getattr(metadata, name, None) or "")


def looked(call: Callable[[], T]) -> T:
    """The provider's answer to a question. That it will not answer says nothing of what it has done: Unanswered."""
    try:
        return asked(call)
    except Declined as error:
        log.exception("the payment provider refused to answer")
        raise Unanswered(str(error)) from error


def client() -> StripeClient:
    """The SDK's client, with this site's key."""
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def _client_for(key: str, base: str) -> StripeClient:
    return StripeClient(
        key,
        base_addresses={"api": base} if base else None,
        http_client=RequestsClient(timeout=PROVIDER_TIMEOUT_SECONDS),
        max_network_retries=PROVIDER_RETRIES,
    )
