"""Faults for long runs: requests that fail by chance, refunds that fail, fees that charges cost."""

from __future__ import annotations

import pytest
from stripe import APIConnectionError, APIError, StripeClient

from tests.finance.sandbox.sessions import a_session, top_up_params, url_of
from tests.sandbox import SandboxProcess, WebhookReceiver


def _outcomes(stripe: StripeClient, count: int = 40) -> list[str]:
    found = []
    for _ in range(count):
        try:
            stripe.v1.balance.retrieve()
        except APIConnectionError:
            found.append("cut")
        except APIError:
            found.append("failed")
        else:
            found.append("answered")
    return found


def test_the_same_seed_gives_the_same_faults(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    soak = {"fail_one_in": 4, "cut_one_in": 6, "seed": 7}
    sandbox.control("faults", soak)
    first = _outcomes(stripe)
    assert set(first) == {"cut", "failed", "answered"}
    sandbox.control("faults", soak)
    assert _outcomes(stripe) == first
    sandbox.control("faults", {**soak, "seed": 8})
    assert _outcomes(stripe) != first
    sandbox.control("faults")
    assert set(_outcomes(stripe, 10)) == {"answered"}


def test_some_are_acted_on_before_they_fail(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    sandbox.control("faults", {"fail_one_in": 1})
    for number in range(12):
        with pytest.raises(APIError):
            stripe.v1.checkout.sessions.create(top_up_params(), {"idempotency_key": f"soak-{number}"})
    sandbox.control("faults")
    assert 0 < len(stripe.v1.checkout.sessions.list({"limit": 100}).data) < 12


def test_one_in_a_negative_number_is_refused(sandbox: SandboxProcess) -> None:
    with pytest.raises(AssertionError, match="zero"):
        sandbox.control("faults", {"cut_one_in": -1})


def test_a_refund_that_fails_brings_the_money_back(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    assert sandbox.pay(url_of(a_session(stripe))).status == 303
    charge = stripe.v1.charges.list().data[0]
    sandbox.control("faults", {"refund_failure": "expired_or_canceled_card"})
    refund = stripe.v1.refunds.create({"charge": charge.id, "amount": 900})
    assert (refund.status, stripe.v1.balance.retrieve().available[0].amount) == ("pending", 1600)
    sandbox.control("faults")
    sandbox.later()
    for kind in ("refund.failed", "refund.updated"):
        assert receiver.wait_for(kind)[0].event["data"]["object"]["id"] == refund.id
    failed = stripe.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    back = stripe.v1.balance_transactions.list({"type": "refund_failure"}).data[0]
    assert (back.net, back.source, back.id) == (900, refund.id, failed.failure_balance_transaction)
    assert stripe.v1.charges.retrieve(charge.id).amount_refunded == 0
    assert stripe.v1.refunds.create({"charge": charge.id}).status == "succeeded"
    assert stripe.v1.balance.retrieve().available[0].amount == 0


def test_charges_cost_the_fee_that_was_set(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    sandbox.control("fees", {"fee_basis_points": 290})
    assert sandbox.pay(url_of(a_session(stripe, 10_000))).status == 303
    moved = stripe.v1.balance_transactions.list({"type": "charge"}).data[0]
    assert (moved.amount, moved.fee, moved.net) == (10_000, 290, 9_710)
    assert [(detail.amount, detail.type) for detail in moved.fee_details] == [(290, "stripe_fee")]
    assert stripe.v1.balance.retrieve().available[0].amount == 9_710
    assert sandbox.state_now()["fee_basis_points"] == 290
    for wrong in (-1, 10_001, "3"):
        with pytest.raises(AssertionError, match="fee_basis_points"):
            sandbox.control("fees", {"fee_basis_points": wrong})
