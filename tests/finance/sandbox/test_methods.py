"""PayPal and Alipay on the hosted page, also money that takes its time (PAY-01)."""

from __future__ import annotations

from typing import Literal

import pytest
from stripe import Charge, InvalidRequestError, StripeClient
from stripe.checkout import Session

from tests.finance.sandbox.sessions import SUCCESS, seen_again, top_up_params, url_of
from tests.sandbox import SandboxProcess, WebhookReceiver, visit

pytestmark = pytest.mark.rule("PAY-01")
MethodType = Literal["card", "paypal", "alipay", "ideal"]
ALL: list[MethodType] = ["card", "paypal", "alipay"]


def a_session(stripe: StripeClient, methods: list[MethodType]) -> Session:
    params = top_up_params()
    params["allowed_payment_method_types"] = [*methods]
    return stripe.v1.checkout.sessions.create(params)


def charge_of(stripe: StripeClient) -> Charge:
    return stripe.v1.charges.list({"limit": 1}).data[0]


def available(stripe: StripeClient) -> int:
    return stripe.v1.balance.retrieve().available[0].amount


def test_the_page_offers_what_the_session_allows(stripe: StripeClient) -> None:
    html = visit(url_of(a_session(stripe, ALL))).html
    for text in ("Choose how to pay", "Card number", "buyer@example.com", "Confirm the payment"):
        assert text in html
    html = visit(url_of(a_session(stripe, ["paypal"]))).html
    assert "Pay with PayPal" in html
    assert "Card number" not in html
    assert "Test cards" not in html


def test_other_methods_are_refused(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    with pytest.raises(InvalidRequestError, match="must be one of card, paypal, alipay"):
        a_session(stripe, ["ideal"])
    session = a_session(stripe, ["card"])
    assert session.payment_method_types == ["card"]
    page = sandbox.pay_by(url_of(session), "paypal", account="buyer@example.com")
    assert (page.status, "not offered here" in page.html) == (402, True)
    assert stripe.v1.charges.list().data == []


def test_a_card_still_pays_where_others_are_offered(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    assert sandbox.pay(url_of(a_session(stripe, ALL))).status == 303
    details = charge_of(stripe).payment_method_details
    assert details is not None
    assert details.type == "card"


def test_a_paypal_account_pays_and_is_refunded(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    session = a_session(stripe, ALL)
    page = sandbox.pay_by(url_of(session), "paypal", account=" Buyer@example.com")
    assert (page.status, page.location) == (303, SUCCESS.replace("{CHECKOUT_SESSION_ID}", session.id))
    assert seen_again(stripe, session).payment_status == "paid"
    charge = charge_of(stripe)
    details = charge.payment_method_details
    assert details is not None
    assert details.paypal is not None
    assert (details.type, details.paypal.payer_email) == ("paypal", "buyer@example.com")
    refund = stripe.v1.refunds.create({"charge": charge.id, "amount": 1000})
    assert refund.status == "succeeded"
    assert refund.destination_details is not None
    assert refund.destination_details.type == "paypal"
    assert available(stripe) == 1500


def test_a_declined_account_can_be_replaced(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    session = a_session(stripe, ALL)
    page = sandbox.pay_by(url_of(session), "paypal", account="declined@example.com")
    assert (page.status, "PayPal declined this payment" in page.html) == (402, True)
    assert 'value="declined@example.com"' in page.html
    assert seen_again(stripe, session).status == "open"
    receiver.wait_for("payment_intent.payment_failed")
    assert sandbox.pay_by(url_of(session), "paypal", account="nobody@example.com").status == 422
    assert sandbox.pay_by(url_of(session), "alipay", choice="pay").status == 303
    assert available(stripe) == 2500


@pytest.mark.parametrize(("choice", "status"), [("decline", 402), ("dance", 402), ("pay", 303)])
def test_alipay_is_confirmed_or_not(stripe: StripeClient, sandbox: SandboxProcess, choice: str, status: int) -> None:
    session = a_session(stripe, ["alipay"])
    assert sandbox.pay_by(url_of(session), "alipay", choice=choice).status == status
    assert available(stripe) == (2500 if choice == "pay" else 0)


@pytest.mark.parametrize(("choice", "word", "paid"), [("later", "succeeded", True), ("later_fail", "failed", False)])
def test_money_that_takes_its_time_is_told_when_it_has_come_or_has_not(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver, choice: str, word: str, paid: bool
) -> None:
    session = a_session(stripe, ALL)
    assert sandbox.pay_by(url_of(session), "alipay", choice=choice).status == 303
    receiver.wait_for("checkout.session.completed")
    under_way = seen_again(stripe, session)
    assert (under_way.status, under_way.payment_status) == ("complete", "unpaid")
    intent = under_way.payment_intent
    assert intent is not None
    assert not isinstance(intent, str)
    assert (intent.status, charge_of(stripe).status, charge_of(stripe).paid) == ("processing", "pending", False)
    assert available(stripe) == 0
    assert sandbox.pay(url_of(session)).status == 303  # a second press pays nothing
    sandbox.later()
    receiver.wait_for(f"checkout.session.async_payment_{word}")
    ended = seen_again(stripe, session)
    assert (ended.status, ended.payment_status == "paid") == ("complete", paid)
    assert charge_of(stripe).status == word
    assert available(stripe) == (2500 if paid else 0)
    assert len(stripe.v1.charges.list().data) == 1
