"""Payments that come in: the provider's payment page, and how a payment on it stands (FIN-02)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import stripe
import structlog
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from core.money import ZERO, Money
from finance.models import Method, TopUp
from finance.provider.client import MISSING, Declined, ProviderDown, asked, client
from finance.provider.refunds import went_back
from finance.rules import CURRENCY

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

log = structlog.get_logger(__name__)

REFUSED = ("requires_payment_method", "canceled")  # how the payment of a completed page stands when none will come


@dataclass(frozen=True)
class PaymentSession:
    """What the provider says about one payment: `state` is open, complete or expired; `amount` was asked for in cents.

    `failed`: a payment that took its time was refused in the end. The rest says what paid it, once something has: the
    charge, how, and of a card its name. `received` is what came onto our balance for it, in cents of our own currency, and
    `went_back` says that all of it has been sent back to the payer since, `going_back` that all of it is about to, and
    `in_part` that some of it was.
    """

    id: str
    url: str
    state: str
    paid: bool
    amount: Money
    currency: str
    payment_intent: str
    charge_id: str = ""
    method: str = ""
    brand: str = ""
    last4: str = ""
    fingerprint: str = ""
    failed: bool = False
    received: Money = ZERO
    went_back: bool = False
    going_back: bool = False
    in_part: bool = False


def create_checkout(top_up: TopUp, success_url: str, cancel_url: str) -> PaymentSession:
    """Open the provider's payment page for a top-up; asked again for the same one, it answers with the same page.

    Refused with ProviderDown.
    """
    params = _checkout_params(top_up, success_url, cancel_url)
    options: stripe.RequestOptions = {"idempotency_key": f"top-up:{top_up.pk}"}
    try:
        return _session(asked(lambda: client().v1.checkout.sessions.create(params, options)))
    except Declined as error:
        log.exception("the payment provider refused a payment page", top_up=top_up.pk)
        raise ProviderDown from error


def retrieve_checkout(session_id: str) -> PaymentSession | None:
    """What the provider knows of a session now; empty when it knows no such session. Refused with ProviderDown."""
    try:
        found = asked(
            lambda: client().v1.checkout.sessions.retrieve(
                session_id,
                {"expand": [f"payment_intent.latest_charge.{part}" for part in ("balance_transaction", "refunds")]},
            )
        )
    except Declined as error:
        if str(error) != MISSING:
            log.exception("the payment provider refused to tell of a payment", session=session_id)
            raise ProviderDown from error
        return None
    return _session(found)


def _checkout_params(top_up: TopUp, success_url: str, cancel_url: str) -> SessionCreateParams:
    about = {"top_up": str(top_up.pk)}
    # In one language for everybody: the same request made again must be the same to the letter.
    with translation.override(settings.LANGUAGE_CODE):
        product = _("Funds for your %(site)s balance") % {"site": settings.SITE_NAME}
    params: SessionCreateParams = {
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
        "allowed_payment_method_types": settings.STRIPE_METHODS,
    }
    return params


def _session(found: stripe.checkout.Session) -> PaymentSession:
    intent = found.payment_intent
    known = intent if isinstance(intent, stripe.PaymentIntent) else None
    charge = known.latest_charge if known else None
    return PaymentSession(
        id=found.id,
        url=found.url or "",
        state=found.status or "",
        paid=found.payment_status == "paid",
        amount=Money(found.amount_total or 0),
        currency=found.currency or "",
        payment_intent=known.id if known else intent if isinstance(intent, str) else "",
        failed=found.status == "complete" and known is not None and known.status in REFUSED,
        received=_received(charge) if isinstance(charge, stripe.Charge) else ZERO,
        **(_sent_back(charge) | _paid_with(charge) if isinstance(charge, stripe.Charge) else {}),
    )


def _received(charge: stripe.Charge) -> Money:
    """What a charge has brought onto our balance; of one in another currency what it was changed into."""
    if not charge.paid:
        return ZERO
    moved = charge.balance_transaction
    if isinstance(moved, stripe.BalanceTransaction):
        return Money(moved.amount if moved.currency == CURRENCY else 0)
    # A moment after the payment there is none yet.
    return Money(charge.amount_captured if charge.currency == CURRENCY else 0)


def _sent_back(charge: stripe.Charge) -> dict[str, Any]:
    is_back = went_back(charge)
    in_part = bool(charge.amount_refunded) and not charge.refunded
    return {"went_back": is_back, "going_back": charge.refunded and not is_back, "in_part": in_part}


def _paid_with(charge: stripe.Charge) -> dict[str, Any]:
    details = charge.payment_method_details
    kind = details.type if details else ""
    known = {"charge_id": charge.id, "method": kind if kind in Method.values else ""}
    card = details.card if details and kind == "card" else None
    if card is None:
        return known
    return known | {"brand": card.brand or "", "last4": card.last4 or "", "fingerprint": card.fingerprint or ""}
