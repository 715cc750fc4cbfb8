"""Which signatures of webhooks are believed: by any secret of ours, of the last minutes, over exactly these bytes (FIN-02)."""

from __future__ import annotations

import json
import time

import pytest
from pytest_django import Settings

from finance.provider import Forged, Told, construct_event
from finance.rules import WEBHOOK_TOLERANCE_SECONDS
from finance.sandbox.webhooks import signature

pytestmark = pytest.mark.rule("FIN-02")
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payout.paid",
    "account": "acct_1",
    "data": {"object": {"id": "po_1", "object": "payout"}},
}
PAYLOAD = json.dumps(EVENT).encode()


@pytest.fixture(autouse=True)
def secrets(settings: Settings) -> None:
    """Two endpoints at the provider, each with a secret of its own."""
    settings.STRIPE_WEBHOOK_SECRET = "whsec_ours, whsec_accounts ,"


@pytest.mark.parametrize("secret", ["whsec_ours", "whsec_accounts"])
@pytest.mark.parametrize("age", [0, WEBHOOK_TOLERANCE_SECONDS - 30])
def test_each_secret_of_ours_is_believed(secret: str, age: int) -> None:
    told = construct_event(PAYLOAD, signature(PAYLOAD, secret, int(time.time()) - age))
    assert told == Told("evt_1", "payout.paid", "po_1", "acct_1")


@pytest.mark.parametrize("secret", ["whsec_ours,", "whsec_ours, whsec_accounts", "", " "])
def test_no_other_secret_is(secret: str) -> None:
    with pytest.raises(Forged, match="signed by nobody we know"):
        construct_event(PAYLOAD, signature(PAYLOAD, secret, int(time.time())))


def test_what_is_too_old_is_not() -> None:
    with pytest.raises(Forged):
        construct_event(PAYLOAD, signature(PAYLOAD, "whsec_ours", int(time.time()) - WEBHOOK_TOLERANCE_SECONDS - 1))


@pytest.mark.parametrize(
    "changed",
    [{"id": "evt 1"}, {"type": "payout paid"}, {"account": "acct/1"}, {"data": {"object": {"id": "po\n1"}}}],
)
def test_a_name_that_is_no_name_is_refused(changed: dict[str, object]) -> None:
    payload = json.dumps({**EVENT, **changed}).encode()
    with pytest.raises(Forged, match="no names"):
        construct_event(payload, signature(payload, "whsec_ours", int(time.time())))


def test_an_event_may_be_about_a_thing_without_an_id() -> None:
    payload = json.dumps({**EVENT, "account": None, "data": {"object": {"object": "balance"}}}).encode()
    told = construct_event(payload, signature(payload, "whsec_ours", int(time.time())))
    assert told == Told("evt_1", "payout.paid", "", "")


def test_a_body_that_is_no_event_is_refused() -> None:
    for payload in (b"[]", b'{"id": "evt_1"}', b"\xff"):
        with pytest.raises(Forged):
            construct_event(payload, signature(payload, "whsec_ours", int(time.time())))
