"""Webhooks: signed, repeated until taken, and as unreliable as a test wants them."""

import time

import pytest
import stripe as sdk
from stripe import SignatureVerificationError, StripeClient, Webhook

from finance.sandbox.webhooks import signature
from tests.finance.sandbox.sessions import a_session, url_of
from tests.sandbox import API_KEY, WEBHOOK_SECRET, SandboxProcess, WebhookReceiver, until


@pytest.mark.rule("FIN-02")
def test_the_sdk_accepts_the_signature_of_a_paid_session(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    session = a_session(stripe)
    sandbox.pay(url_of(session))
    (webhook,) = receiver.wait_for("checkout.session.completed")
    event = stripe.construct_event(webhook.payload, webhook.signature, WEBHOOK_SECRET)
    assert isinstance(event, sdk.Event)
    assert event.data.object["id"] == session.id
    assert event.data.object["payment_status"] == "paid"
    assert stripe.v1.events.retrieve(event.id).type == "checkout.session.completed"
    receiver.wait_for("payment_intent.succeeded")


@pytest.mark.rule("FIN-02")
def test_a_forged_a_changed_and_an_old_webhook_are_not_accepted(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    sandbox.pay(url_of(a_session(stripe)))
    (webhook,) = receiver.wait_for("checkout.session.completed")
    changed = webhook.payload.replace(b"2500", b"9500")
    for payload, secret in ((webhook.payload, "whsec_another"), (changed, WEBHOOK_SECRET)):
        with pytest.raises(SignatureVerificationError):
            Webhook.construct_event(payload, webhook.signature, secret, api_key=API_KEY)
    late = signature(webhook.payload, WEBHOOK_SECRET, int(time.time()) - 600)
    with pytest.raises(SignatureVerificationError):
        Webhook.construct_event(webhook.payload, late, WEBHOOK_SECRET, api_key=API_KEY)


def test_a_webhook_that_is_not_taken_comes_again(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    receiver.status = 503
    sandbox.pay(url_of(a_session(stripe)))
    receiver.wait_for("checkout.session.completed", times=2)
    receiver.status = 200
    until(lambda: not sandbox.pending(), "delivery")
    ids = {webhook.event["id"] for webhook in receiver.of("checkout.session.completed")}
    assert len(ids) == 1


def test_webhooks_can_be_doubled(stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver) -> None:
    sandbox.control("faults", {"duplicate_webhooks": True})
    sandbox.pay(url_of(a_session(stripe)))
    first, second = receiver.wait_for("checkout.session.completed", times=2)
    assert first.event["id"] == second.event["id"]


def test_webhooks_can_come_in_the_wrong_order(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    sandbox.control("faults", {"reorder": True})
    sandbox.pay(url_of(a_session(stripe)))
    receiver.wait_for("charge.succeeded")
    kinds = [webhook.event["type"] for webhook in receiver.received]
    assert kinds == ["checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"]


def test_lost_webhooks_can_be_sent_after_all(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    sandbox.control("faults", {"drop_webhooks": True})
    sandbox.pay(url_of(a_session(stripe)))
    assert {item["state"] for item in sandbox.state_now()["deliveries"]} == {"dropped"}
    (event,) = stripe.v1.events.list({"type": "checkout.session.completed"}).data
    assert receiver.received == []
    for times in (1, 2):
        sandbox.control(f"deliver/{event.id}")
        assert len(receiver.wait_for("checkout.session.completed", times)) == times
