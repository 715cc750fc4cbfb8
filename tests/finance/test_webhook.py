"""The webhook's door: signed or refused, once or ignored, failed or sent again (FIN-02)."""

from __future__ import annotations

import itertools
import json
import time
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from core.money import ZERO, dollars
from finance import ledger
from finance.models import Entry, ProviderEvent, TopUp, TopUpStatus
from finance.rules import WEBHOOK_MOST_BYTES, WEBHOOK_TOLERANCE_SECONDS
from finance.sandbox.webhooks import signature
from finance.steps import top_ups
from tests.payments import Payments
from tests.sandbox import WEBHOOK_SECRET, Received


@pytest.fixture
def top_up(bea: User, payments: Payments, now: datetime) -> TopUp:
    return top_ups.begin(bea, dollars(25), by=bea, now=now)


@pytest.fixture
def paid(top_up: TopUp, payments: Payments) -> Received:
    """The webhook of a payment, not delivered yet."""
    payments.pay(top_up)
    return payments.told()


def _unmoved(top_up: TopUp) -> bool:
    top_up.refresh_from_db()
    untouched = not Entry.objects.exists() and not ProviderEvent.objects.exists()
    return untouched and top_up.status == TopUpStatus.OPEN


@pytest.mark.rule("FIN-02")
def test_a_webhook_credits_the_payment(top_up: TopUp, paid: Received, payments: Payments, client: Client) -> None:
    assert payments.deliver(client, paid).status_code == 200
    assert ledger.balance(ledger.main_of(top_up.user)) == dollars(25)
    assert ProviderEvent.objects.get().kind == "checkout.session.completed"


@pytest.mark.rule("FIN-02")
@pytest.mark.parametrize(
    "order", [list(order) for times in (2, 3) for order in itertools.product(("webhook", "return"), repeat=times)]
)
def test_webhook_and_return_page_credit_once_in_any_order_and_number(
    top_up: TopUp, payments: Payments, client: Client, order: list[str]
) -> None:
    back = payments.way_back(payments.pay(top_up))
    webhook = payments.told()
    client.force_login(top_up.user)
    for door in order:
        if door == "webhook":
            assert payments.deliver(client, webhook).status_code == 200
        else:
            assert client.get(back).status_code == 302
    assert ledger.balance(ledger.main_of(top_up.user)) == dollars(25)
    assert Entry.objects.count() == 1


@pytest.mark.rule("FIN-02")
def test_a_replayed_webhook_does_not_even_ask_the_provider(
    top_up: TopUp, paid: Received, payments: Payments, client: Client
) -> None:
    payments.deliver(client, paid)
    payments.fail(9)
    assert payments.deliver(client, paid).status_code == 200
    assert Entry.objects.count() == 1


@pytest.mark.rule("FIN-02")
def test_a_webhook_only_says_where_to_look(top_up: TopUp, payments: Payments, client: Client) -> None:
    """Signed, but of a session that the provider knows as unpaid: its own word at this moment counts."""
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": {"id": top_up.session_id, "object": "checkout.session", "payment_status": "paid"}},
    }
    payload = json.dumps(event).encode()
    webhook = Received(payload, signature(payload, WEBHOOK_SECRET, int(time.time())))
    assert payments.deliver(client, webhook).status_code == 200
    assert ledger.balance(ledger.main_of(top_up.user)) == ZERO


@pytest.mark.rule("FIN-02")
@pytest.mark.parametrize("how", ["another secret", "changed", "no signature", "nonsense", "too old"])
def test_a_forged_webhook_is_refused_and_changes_nothing(
    top_up: TopUp, paid: Received, payments: Payments, client: Client, how: str
) -> None:
    long_ago = int(time.time()) - WEBHOOK_TOLERANCE_SECONDS - 60
    forged = {
        "another secret": Received(paid.payload, signature(paid.payload, "whsec_guessed", int(time.time()))),
        "changed": Received(paid.payload.replace(b"2500", b"9500"), paid.signature),
        "no signature": Received(paid.payload, ""),
        "nonsense": Received(b"{", signature(b"{", WEBHOOK_SECRET, int(time.time()))),
        "too old": Received(paid.payload, signature(paid.payload, WEBHOOK_SECRET, long_ago)),
    }[how]
    assert payments.deliver(client, forged).status_code == 400
    assert _unmoved(top_up)


@pytest.mark.rule("FIN-02")
def test_each_webhook_of_the_site_has_a_secret_of_its_own(
    top_up: TopUp, paid: Received, payments: Payments, client: Client, settings: Settings
) -> None:
    settings.STRIPE_WEBHOOK_SECRET = " , whsec_of_connected_accounts"
    assert payments.deliver(client, paid).status_code == 400
    unsigned = Received(paid.payload, signature(paid.payload, "", int(time.time())))
    assert payments.deliver(client, unsigned).status_code == 400
    assert _unmoved(top_up)
    settings.STRIPE_WEBHOOK_SECRET += f", {WEBHOOK_SECRET}"
    assert payments.deliver(client, paid).status_code == 200
    assert ledger.balance(ledger.main_of(top_up.user)) == dollars(25)


SOUND = {"object": "event", "id": "evt_1", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "told",
    [
        [],
        [SOUND],
        "event",
        None,
        1,
        {},
        {"object": "event"},
        {"detail": "elsewhere"},
        *({name: value for name, value in SOUND.items() if name != missing} for missing in ("id", "type", "data")),
        {**SOUND, "id": 1},
        {**SOUND, "id": ["evt_1"]},
        {**SOUND, "id": "x" * 101},
        {**SOUND, "id": "\0"},
        {**SOUND, "type": None},
        {**SOUND, "data": []},
        {**SOUND, "data": {}},
        {**SOUND, "data": {"object": None}},
        {**SOUND, "data": {"object": {}}},
        {**SOUND, "data": {"object": {"id": {"id": "cs_1"}}}},
        {**SOUND, "data": {"object": {"id": ""}}},
    ],
)
def test_what_is_signed_and_still_no_event_is_refused(payments: Payments, client: Client, told: object) -> None:
    """Whatever the SDK makes of it, the answer says that sending it again is of no use."""
    payload = json.dumps(told).encode()
    webhook = Received(payload, signature(payload, WEBHOOK_SECRET, int(time.time())))
    assert payments.deliver(client, webhook).status_code == 400
    assert not ProviderEvent.objects.exists()


def test_what_goes_too_deep_is_refused(payments: Payments, client: Client) -> None:
    payload = b"[" * 100_000
    webhook = Received(payload, signature(payload, WEBHOOK_SECRET, int(time.time())))
    assert payments.deliver(client, webhook).status_code == 400


def test_a_kind_we_have_no_use_for_is_taken_and_ignored(
    top_up: TopUp, paid: Received, payments: Payments, client: Client
) -> None:
    assert payments.deliver(client, payments.told("charge.succeeded")).status_code == 200
    assert _unmoved(top_up)


@pytest.mark.rule("FIN-02")
def test_with_the_provider_down_the_webhook_is_to_come_again(
    top_up: TopUp, paid: Received, payments: Payments, client: Client
) -> None:
    payments.fail()
    assert payments.deliver(client, paid).status_code == 503
    assert _unmoved(top_up)
    assert payments.deliver(client, paid).status_code == 200
    assert ledger.balance(ledger.main_of(top_up.user)) == dollars(25)


@pytest.mark.rule("FIN-02")
def test_our_own_failure_leaves_nothing_half_done_and_is_tried_again(
    top_up: TopUp, paid: Received, payments: Payments, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "post", lambda *args, **kwargs: 1 / 0)
        assert payments.deliver(client, paid).status_code == 500
    assert _unmoved(top_up)
    assert payments.deliver(client, paid).status_code == 200
    assert ledger.balance(ledger.main_of(top_up.user)) == dollars(25)


def test_the_door_takes_posts_of_a_sensible_size_only(client: Client, db: None) -> None:
    door = reverse("stripe-webhook")
    assert client.get(door).status_code == 405
    huge = b"x" * (WEBHOOK_MOST_BYTES + 1)
    assert client.post(door, data=huge, content_type="application/json").status_code == 413


def test_the_door_needs_no_token_of_a_form(paid: Received, payments: Payments) -> None:
    assert payments.deliver(Client(enforce_csrf_checks=True), paid).status_code == 200
