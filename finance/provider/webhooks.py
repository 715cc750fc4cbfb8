"""Reading webhooks, whose signature takes the place of a login."""

from __future__ import annotations

import re
from dataclasses import dataclass

import stripe
from django.conf import settings

from finance.provider.client import client
from finance.rules import WEBHOOK_TOLERANCE_SECONDS

PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")  # ids and kinds


class Forged(Exception):
    """A webhook that the provider did not sign, that is too old to be believed, or that tells of nothing it could tell of."""


@dataclass(frozen=True)
class Told:
    """A webhook whose signature was right: which event, of what kind, about which object, of which connected account."""

    id: str
    kind: str
    subject: str
    account: str = ""


def construct_event(payload: bytes, signature: str) -> Told:
    """Read a webhook; raises Forged unless the provider signed exactly this, within the last minutes, and it is an event."""
    try:
        event = _signed(payload, signature)
        # Some kinds of events are about things that have no id.
        told = Told(event.id, event.type, getattr(event.data.object, "id", ""), getattr(event, "account", "") or "")
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
    names = (told.id, told.kind, told.subject or "-", told.account or "-")
    if not all(isinstance(name, str) and PLAIN_NAME.fullmatch(name) for name in names):
        raise Forged("an event whose names are no names")
    return told


def _signed(payload: bytes, signature: str) -> stripe.Event:
    """By any of the secrets: each endpoint at the provider, ours and that of connected accounts, has one of its own."""
    secrets = [secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRET.split(",") if secret.strip()]
    for secret in secrets:
        try:
            return client().construct_event(payload, signature, secret, tolerance=WEBHOOK_TOLERANCE_SECONDS)
        except stripe.SignatureVerificationError:
            continue
    raise Forged("signed by nobody we know")
