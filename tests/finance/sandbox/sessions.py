"""Checkout sessions as the marketplace makes them."""

from typing import TYPE_CHECKING

from stripe import StripeClient
from stripe.checkout import Session

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

SUCCESS = "http://127.0.0.1:8000/balance/top-up/done/?session={CHECKOUT_SESSION_ID}"
CANCEL = "http://127.0.0.1:8000/balance/?canceled=1"


def top_up_params(cents: int = 2500) -> "SessionCreateParams":
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "usd",
                    "unit_amount": cents,
                    "product_data": {"name": "Balance top-up", "description": "For orders on Workhall"},
                },
            }
        ],
        "success_url": SUCCESS,
        "cancel_url": CANCEL,
        "client_reference_id": "top-up-7",
        "metadata": {"top_up": "7"},
        "payment_intent_data": {"metadata": {"top_up": "7"}},
        "expand": ["payment_intent.latest_charge"],
    }


def a_session(stripe: StripeClient, cents: int = 2500) -> Session:
    return stripe.v1.checkout.sessions.create(top_up_params(cents))


def url_of(session: Session) -> str:
    assert session.url is not None
    return session.url


def seen_again(stripe: StripeClient, session: Session) -> Session:
    return stripe.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
