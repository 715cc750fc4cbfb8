"""The payment provider, reached through Stripe's own SDK. Nothing else in the site talks to it.

Every call leaves the process and may take seconds, so none is made inside a database transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import stripe
import structlog
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from stripe import RequestsClient, StripeClient

from core.money import Money
from core.refusals import Refusal
from finance.models import TopUp
from finance.rules import CURRENCY, PROVIDER_RETRIES, PROVIDER_TIMEOUT_SECONDS, WEBHOOK_TOLERANCE_SECONDS

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

log = structlog.get_logger(__name__)
T = TypeVar("T")
PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")  # ids and kinds


class ProviderDown(Refusal):
    """The payment service did not answer, or not in a way we could use; nothing was charged by this."""

    def __init__(self) -> None:
        super().__init__(_("The payment service cannot be reached at the moment. Nothing was charged: try again soon."))


class Forged(Exception):
    """A webhook that the provider did not sign, that is too old to be believed, or that tells of nothing it could tell of."""


@dataclass(frozen=True)
class PaymentSession:
    """What the provider says about one payment: `state` is open, complete or expired; `amount` was asked for in cents."""

    id: str
    url: str
    state: str
    paid: bool
    amount: Money
    currency: str
    payment_intent: str


@dataclass(frozen=True)
class Told:
    """A webhook whose signature was right: which event, of what kind, about which object."""

    id: str
    kind: str
    subject: str


def create_checkout(top_up: TopUp, success_url: str, cancel_url: str) -> PaymentSession:
    """Open the provider's payment page for a top-up; asked again for the same one, it answers with the same page.

    Refused with ProviderDown.
    """
    params = _checkout_params(top_up, success_url, cancel_url)
    options: stripe.RequestOptions = {"idempotency_key": f"top-up:{top_up.pk}"}
    return _session(_asked(lambda: _client().v1.checkout.sessions.create(params, options)))


def retrieve_checkout(session_id: str) -> PaymentSession | None:
    """What the provider knows of a session now; empty when it knows no such session. Refused with ProviderDown."""
    try:
        return _session(_asked(lambda: _client().v1.checkout.sessions.retrieve(session_id)))
    except stripe.InvalidRequestError:
        return None


def construct_event(payload: bytes, signature: str) -> Told:
    """Read a webhook; raises Forged unless the provider signed exactly this, within the last minutes, and it is an event."""
    try:
        event = _client().construct_event(
            payload, signature, settings.STRIPE_WEBHOOK_SECRET, tolerance=WEBHOOK_TOLERANCE_SECONDS
        )
        # Some kinds of events are about things that have no id.
        told = Told(event.id, event.type, getattr(event.data.object, "id", ""))
    # What the SDK makes of JSON that is no object, lacks a key or goes too deep, it does not say.
    except (
        stripe.SignatureVerificationError,
        ValueError,
        AttributeError,
        KeyError,
        TypeError,
        RecursionError,
    ) as error:
        raise Forged(str(error)) from error
    if not all(
        isinstance(name, str) and PLAIN_NAME.fullmatch(name) for name in (told.id, told.kind, told.subject or "-")
    ):
        raise Forged("an event whose names are no names")
    return told


def _checkout_params(top_up: TopUp, success_url: str, cancel_url: str) -> SessionCreateParams:
    about = {"top_up": str(top_up.pk)}
    # In one language for everybody: the same request made again must be the same to the letter.
    with translation.override(settings.LANGUAGE_CODE):
        product = _("Funds for your %(site)s balance") % {"site": settings.SITE_NAME}
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": CURRENCY,
                    "unit_amount": top_up.amount.cents,
                    "product_data": {"name": product},
                },
            }
        ],
        "client_reference_id": f"top-up-{top_up.pk}",
        "customer_email": top_up.user.email,
        "metadata": about,
        "payment_intent_data": {"metadata": about},
        "success_url": success_url,
        "cancel_url": cancel_url,
    }


def _asked(call: Callable[[], T]) -> T:
    # Raises when somebody calls from inside a transaction, which would hold its locks for as long as the provider takes.
    with transaction.atomic(durable=True):
        pass
    try:
        return call()
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            raise
        log.exception("the payment provider refused a request")
        raise ProviderDown from error
    except stripe.StripeError as error:
        log.warning("the payment provider failed", error=str(error), status=error.http_status)
        raise ProviderDown from error


def _session(found: stripe.checkout.Session) -> PaymentSession:
    intent = found.payment_intent
    return PaymentSession(
        id=found.id,
        url=found.url or "",
        state=found.status or "",
        paid=found.payment_status == "paid",
        amount=Money(found.amount_total or 0),
        currency=found.currency or "",
        payment_intent=intent if isinstance(intent, str) else intent.id if intent else "",
    )


def _client() -> StripeClient:
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def _client_for(key: str, base: str) -> StripeClient:
    return StripeClient(
        key,
        base_addresses={"api": base} if base else None,
        http_client=RequestsClient(timeout=PROVIDER_TIMEOUT_SECONDS),
        max_network_retries=PROVIDER_RETRIES,
    )
