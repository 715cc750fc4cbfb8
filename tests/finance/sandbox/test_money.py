"""Refunds, disputes, connected accounts, transfers and payouts: no cent more than there is."""

import pytest
from stripe import Account, Charge, InvalidRequestError, StripeClient

from tests.finance.sandbox.sessions import a_session, url_of
from tests.sandbox import SandboxProcess, WebhookReceiver, until, visit


def _charge(stripe: StripeClient, sandbox: SandboxProcess, card: str = "4242 4242 4242 4242") -> Charge:
    assert sandbox.pay(url_of(a_session(stripe)), card).status == 303
    return stripe.v1.charges.list({"limit": 1}).data[0]


def _available(stripe: StripeClient, account: str = "") -> int:
    options = {"stripe_account": account} if account else {}
    return stripe.v1.balance.retrieve({}, options).available[0].amount  # type: ignore[arg-type]


def test_refunds_add_up_to_the_charge_and_not_a_cent_more(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    charge = _charge(stripe, sandbox)
    assert isinstance(charge.payment_intent, str)
    refund = stripe.v1.refunds.create({"payment_intent": charge.payment_intent, "amount": 1000})
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 1000, charge.id)
    with pytest.raises(InvalidRequestError) as more:
        stripe.v1.refunds.create({"charge": charge.id, "amount": 1501})
    assert more.value.param == "amount"
    stripe.v1.refunds.create({"charge": charge.id})
    with pytest.raises(InvalidRequestError) as again:
        stripe.v1.refunds.create({"charge": charge.id})
    assert again.value.code == "charge_already_refunded"
    after = stripe.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (after.refunded, after.amount_refunded) == (True, 2500)
    assert after.refunds is not None
    assert [item.amount for item in after.refunds.data] == [1500, 1000]
    assert _available(stripe) == 0
    receiver.wait_for("charge.refunded", times=2)


def test_a_refund_asked_for_twice_with_one_key_is_made_once(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    charge = _charge(stripe, sandbox)
    for _ in range(2):
        stripe.v1.refunds.create({"charge": charge.id, "amount": 500}, {"idempotency_key": "refund-1"})
    assert stripe.v1.charges.retrieve(charge.id).amount_refunded == 500


def test_the_disputing_card_takes_its_money_back(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    charge = _charge(stripe, sandbox, "4000 0000 0000 0259")
    receiver.wait_for("charge.dispute.funds_withdrawn")
    (webhook,) = receiver.wait_for("charge.dispute.created")
    dispute = webhook.event["data"]["object"]
    assert (dispute["charge"], dispute["amount"], dispute["status"]) == (charge.id, 2500, "needs_response")
    assert _available(stripe) == 0
    with pytest.raises(InvalidRequestError) as refused:
        stripe.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"
    assert stripe.v1.disputes.close(dispute["id"]).status == "lost"
    receiver.wait_for("charge.dispute.closed")
    assert _available(stripe) == 0


@pytest.mark.parametrize(("outcome", "left"), [("won", 2500), ("lost", 0)])
def test_a_dispute_is_decided_once(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver, outcome: str, left: int
) -> None:
    charge = _charge(stripe, sandbox)
    dispute = sandbox.control(f"dispute/{charge.id}", {"reason": "product_not_received"})
    with pytest.raises(AssertionError, match="cannot be disputed"):
        sandbox.control(f"dispute/{charge.id}")
    sandbox.control(f"decide/{dispute['id']}", {"outcome": outcome})
    with pytest.raises(AssertionError, match="already closed"):
        sandbox.control(f"decide/{dispute['id']}", {"outcome": outcome})
    (webhook,) = receiver.wait_for("charge.dispute.closed")
    assert webhook.event["data"]["object"]["status"] == outcome
    assert _available(stripe) == left


def test_winning_evidence_wins(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    dispute = sandbox.control(f"dispute/{_charge(stripe, sandbox).id}")
    won = stripe.v1.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert won.status == "won"
    assert _available(stripe) == 2500


def _seller(stripe: StripeClient, card: str = "4000 0566 5566 5556") -> Account:
    account = stripe.v1.accounts.create({"type": "express", "email": "sam@example.com"})
    assert not account.payouts_enabled
    link = stripe.v1.account_links.create(
        {
            "account": account.id,
            "refresh_url": "http://127.0.0.1:8000/again/",
            "return_url": "http://127.0.0.1:8000/done/",
            "type": "account_onboarding",
        }
    )
    assert visit(link.url).status == 200
    wrong = visit(link.url, {"number": "4242424242424242", "expiry": "12 / 40", "cvc": "123"})
    assert (wrong.status, "debit card" in wrong.html) == (422, True)
    done = visit(link.url, {"number": card, "expiry": "12 / 40", "cvc": "123"})
    assert (done.status, done.location) == (303, "http://127.0.0.1:8000/done/")
    assert visit(link.url).location == "http://127.0.0.1:8000/again/"
    return stripe.v1.accounts.retrieve(account.id)


def test_earnings_go_by_transfer_and_instant_payout_to_the_card(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    _charge(stripe, sandbox)
    seller = _seller(stripe)
    assert seller.payouts_enabled
    receiver.wait_for("account.updated")
    transfer = stripe.v1.transfers.create({"amount": 2000, "currency": "usd", "destination": seller.id})
    receiver.wait_for("transfer.created")
    assert (_available(stripe), _available(stripe, seller.id)) == (500, 2000)
    payout = stripe.v1.payouts.create(
        {"amount": 1500, "currency": "usd", "method": "instant"}, {"stripe_account": seller.id}
    )
    (webhook,) = receiver.wait_for("payout.paid")
    assert (webhook.event["account"], webhook.event["data"]["object"]["id"]) == (seller.id, payout.id)
    assert stripe.v1.payouts.retrieve(payout.id, {}, {"stripe_account": seller.id}).status == "paid"
    reversal = stripe.v1.transfers.reversals.create(transfer.id, {"amount": 500})
    assert reversal.amount == 500
    assert (_available(stripe), _available(stripe, seller.id)) == (1000, 0)


def test_a_payout_that_fails_gives_the_money_back(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    _charge(stripe, sandbox)
    seller = _seller(stripe, "4000 0566 5566 5572")
    stripe.v1.transfers.create({"amount": 2500, "currency": "usd", "destination": seller.id})
    stripe.v1.payouts.create({"amount": 2500, "currency": "usd"}, {"stripe_account": seller.id})
    (webhook,) = receiver.wait_for("payout.failed")
    assert webhook.event["data"]["object"]["failure_code"] == "could_not_process"
    assert _available(stripe, seller.id) == 2500
    stripe.v1.accounts.external_accounts.create(seller.id, {"external_account": "tok_visa_debit"})
    sandbox.control("faults", {"payout_failure": "account_closed"})
    stripe.v1.payouts.create({"amount": 2500, "currency": "usd"}, {"stripe_account": seller.id})
    again = until(lambda: receiver.of("payout.failed")[1:], "the second failure")
    assert again[0].event["data"]["object"]["failure_code"] == "account_closed"
    assert _available(stripe, seller.id) == 2500


def test_neither_transfer_nor_payout_can_exceed_the_balance(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    _charge(stripe, sandbox)
    seller = _seller(stripe)
    with pytest.raises(InvalidRequestError) as transfer:
        stripe.v1.transfers.create({"amount": 2501, "currency": "usd", "destination": seller.id})
    assert transfer.value.code == "balance_insufficient"
    with pytest.raises(InvalidRequestError) as payout:
        stripe.v1.payouts.create({"amount": 1, "currency": "usd"}, {"stripe_account": seller.id})
    assert payout.value.code == "balance_insufficient"
    assert (_available(stripe), _available(stripe, seller.id)) == (2500, 0)


def test_an_account_that_is_not_ready_receives_nothing(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    _charge(stripe, sandbox)
    bare = stripe.v1.accounts.create({"type": "express"})
    with pytest.raises(InvalidRequestError) as refused:
        stripe.v1.transfers.create({"amount": 100, "currency": "usd", "destination": bare.id})
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    sandbox.control(f"account/{bare.id}", {"enabled": True})
    stripe.v1.transfers.create({"amount": 100, "currency": "usd", "destination": bare.id})
    assert _available(stripe) == 2400


def test_one_account_does_not_see_the_payouts_of_another(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    _charge(stripe, sandbox)
    seller, other = _seller(stripe), _seller(stripe)
    stripe.v1.transfers.create({"amount": 100, "currency": "usd", "destination": seller.id})
    payout = stripe.v1.payouts.create({"amount": 100, "currency": "usd"}, {"stripe_account": seller.id})
    with pytest.raises(InvalidRequestError) as refused:
        stripe.v1.payouts.retrieve(payout.id, {}, {"stripe_account": other.id})
    assert refused.value.http_status == 404
