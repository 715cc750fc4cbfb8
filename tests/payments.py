"""Real payments in tests: the sandbox process, and its webhooks in the hands of the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from pytest_django import Settings

from finance.models import TopUp
from finance.provider import client as provider
from tests.sandbox import API_KEY, WEBHOOK_SECRET, Page, Received, SandboxProcess, WebhookReceiver, until, visit

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

COMPLETED = "checkout.session.completed"
EXPIRED = "checkout.session.expired"


@dataclass(frozen=True)
class Payments:
    """The sandbox as payers see it; what it tells us waits until the test delivers it, as often and in the order it likes."""

    sandbox: SandboxProcess
    receiver: WebhookReceiver

    def pay(self, top_up: TopUp, card: str = "4242 4242 4242 4242") -> Page:
        """Fill in the payment page and send it."""
        return self.sandbox.pay(top_up.payment_url, card)

    def way_back(self, page: Page) -> str:
        """The path on this site to which the payment page has led."""
        assert page.status == 303, page.html
        parts = urlsplit(page.location)
        return f"{parts.path}?{parts.query}"

    def told(self, kind: str = COMPLETED) -> Received:
        """The latest webhook of one kind, once it has come."""
        return self.receiver.wait_for(kind)[-1]

    def deliver(self, client: Client, webhook: Received) -> Answer:
        """Post a webhook to the site, to the byte as the sandbox signed it."""
        return client.post(
            reverse("stripe-webhook"),
            data=webhook.payload,
            content_type="application/json",
            headers={"Stripe-Signature": webhook.signature},
        )

    def onboard(self, page: str, card: str) -> Page:
        """Fill in the page on which a seller names the card for payouts, and send it."""
        typed = {"number": card, "expiry": "12 / 40", "cvc": "123"}
        return visit(page, typed)

    def later(self, seconds: int = 60) -> None:
        """Let the provider's time pass: payouts arrive or fail, cards that dispute do so."""
        self.sandbox.control("clock", {"advance": seconds})

    def dispute(self, top_up: TopUp) -> str:
        """The payer's bank takes a payment back; gives back the id of its claim."""
        return str(self.sandbox.control(f"dispute/{top_up.charge_id}")["id"])

    def decide(self, claim: str, outcome: str) -> None:
        """The bank decides: won (for us) or lost."""
        self.sandbox.control(f"decide/{claim}", {"outcome": outcome})

    def price(self, top_up: TopUp, cents: int) -> None:
        """The provider's page asks for another sum than we have asked for."""
        self.sandbox.control(f"price/{top_up.session_id}", {"amount": cents})

    def refund(self, top_up: TopUp, cents: int | None = None, **written: str) -> str:
        """Somebody refunds a payment in the provider's dashboard; gives back the refund's id."""
        amount = {} if cents is None else {"amount": cents}
        wanted = {"payment_intent": top_up.payment_intent, "metadata": written, **amount}
        return str(self.sandbox.client().v1.refunds.create(wanted).id)  # type: ignore[arg-type]

    def move(self, kind: str, cents: int, source: str = "") -> str:
        """The provider moves money of its own accord; gives back the movement's id."""
        return str(self.sandbox.control(f"move/{kind}", {"amount": cents, "source": source})["id"])

    def expire(self, top_up: TopUp) -> None:
        """The time of a payment page is over."""
        assert top_up.session_id
        self.sandbox.control(f"expire/{top_up.session_id}")

    def fail(self, requests: int = 1, *, after: bool = False) -> None:
        """The next requests to the provider fail, with `after` once it has acted on them."""
        self.sandbox.control("faults", {"fail_next": requests, "fail_when": "after" if after else "before"})


@pytest.fixture(scope="session")
def payments_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Payments]:
    """One sandbox process for all tests that pay."""
    folder: Path = tmp_path_factory.mktemp("payments")
    with ExitStack() as stack:
        receiver = stack.enter_context(WebhookReceiver())
        sandbox = stack.enter_context(SandboxProcess(folder, webhook=receiver.url, merchant="Workhall"))
        yield Payments(sandbox, receiver)


@pytest.fixture
def payments(payments_process: Payments, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Payments:
    """The sandbox, empty, with the site's settings pointing at it."""
    sandbox, receiver = payments_process.sandbox, payments_process.receiver
    until(lambda: not sandbox.pending(), "the webhooks of the test before")
    sandbox.control("reset")
    receiver.received.clear()
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = sandbox.url, API_KEY
    settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
    # The SDK waits half a second and more before each new try.
    monkeypatch.setattr(provider, "PROVIDER_RETRIES", 0)
    provider._client_for.cache_clear()
    return payments_process
