"""The payment provider, reached through Stripe's own SDK. Nothing else in the site talks to it."""

from finance.provider.checkout import PaymentSession, create_checkout, retrieve_checkout
from finance.provider.client import Declined, NotYet, ProviderDown, Unanswered
from finance.provider.webhooks import Forged, Told, construct_event

__all__ = [
    "Declined",
    "Forged",
    "NotYet",
    "PaymentSession",
    "ProviderDown",
    "Told",
    "Unanswered",
    "construct_event",
    "create_checkout",
    "retrieve_checkout",
]
