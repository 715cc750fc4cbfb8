"""Checkout sessions and the hosted page, through the unmodified SDK and a posted form."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from stripe import AuthenticationError, InvalidRequestError, StripeClient

from tests.finance.sandbox.sessions import CANCEL, SUCCESS, a_session, seen_again, top_up_params, url_of
from tests.sandbox import API_KEY, SandboxProcess, WebhookReceiver, visit


@pytest.mark.rule("FIN-02")
def test_a_new_session_is_open_unpaid_and_keeps_what_it_was_given(stripe: StripeClient) -> None:
    session = a_session(stripe)
    again = stripe.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert again.id.startswith("cs_test_")
    assert (again.status, again.payment_status, again.payment_intent) == ("open", "unpaid", None)
    assert (again.amount_total, again.currency) == (2500, "usd")
    assert again.client_reference_id == "top-up-7"
    assert again.metadata is not None
    assert again.metadata["top_up"] == "7"
    assert again.livemode is False
    assert again.line_items is not None
    assert again.line_items.data[0].description == "Balance top-up"
    items = stripe.v1.checkout.sessions.line_items.list(session.id)
    assert items.data[0].amount_total == 2500


@pytest.mark.rule("FIN-02")
def test_the_payment_page_shows_merchant_sum_and_that_no_money_moves(stripe: StripeClient) -> None:
    page = visit(url_of(a_session(stripe, 125_000)))
    assert page.status == 200
    for text in ("Workhall", "$1,250.00 USD", "Balance top-up", "Test payment page", "no real money", CANCEL):
        assert text in page.html


@pytest.mark.rule("FIN-02")
def test_paying_leads_back_and_records_charge_card_and_balance(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    session = a_session(stripe)
    page = sandbox.pay(url_of(session))
    assert (page.status, page.location) == (303, SUCCESS.replace("{CHECKOUT_SESSION_ID}", session.id))
    paid = seen_again(stripe, session)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details is not None
    assert paid.customer_details.email == "bea@example.com"
    intent = paid.payment_intent
    assert intent is not None
    assert not isinstance(intent, str)
    assert (intent.status, intent.amount_received) == ("succeeded", 2500)
    assert intent.metadata["top_up"] == "7"
    charge = intent.latest_charge
    assert charge is not None
    assert not isinstance(charge, str)
    assert charge.paid
    assert charge.payment_method_details is not None
    card = charge.payment_method_details.card
    assert card is not None
    assert (card.brand, card.last4, card.country) == ("visa", "4242", "US")
    assert card.fingerprint
    moves = stripe.v1.balance_transactions.list({"type": "charge"})
    assert [(move.net, move.source) for move in moves.data] == [(2500, charge.id)]
    assert stripe.v1.balance.retrieve().available[0].amount == 2500
    assert stripe.v1.payment_intents.retrieve(intent.id).id == intent.id
    assert stripe.v1.charges.retrieve(charge.id).id == charge.id


def test_one_card_has_one_fingerprint_and_another_card_another(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    fingerprints = []
    for card in ("4242424242424242", "4242 4242 4242 4242", "5555 5555 5555 4444"):
        assert sandbox.pay(url_of(a_session(stripe)), card).status == 303
        charge = stripe.v1.charges.list({"limit": 1}).data[0]
        assert charge.payment_method_details is not None
        assert charge.payment_method_details.card is not None
        fingerprints.append((charge.payment_method_details.card.brand, charge.payment_method_details.card.fingerprint))
    assert fingerprints[0] == fingerprints[1]
    assert fingerprints[2][0] == "mastercard"
    assert fingerprints[2][1] != fingerprints[0][1]


@pytest.mark.parametrize(
    ("card", "sentence", "code"),
    [
        ("4000 0000 0000 0002", "Your card was declined.", "card_declined"),
        ("4000 0000 0000 9995", "Your card has insufficient funds.", "card_declined"),
        ("4000 0000 0000 0069", "Your card has expired.", "expired_card"),
    ],
)
def test_a_declined_card_is_told_moves_no_money_and_can_be_replaced(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver, card: str, sentence: str, code: str
) -> None:
    session = a_session(stripe)
    page = sandbox.pay(url_of(session), card, name="Bea <b>")
    assert page.status == 402
    assert sentence in page.html
    assert card in page.html
    assert "Bea &lt;b&gt;" in page.html
    unpaid = seen_again(stripe, session)
    assert (unpaid.status, unpaid.payment_status) == ("open", "unpaid")
    assert not isinstance(unpaid.payment_intent, str)
    assert unpaid.payment_intent is not None
    assert unpaid.payment_intent.last_payment_error is not None
    assert unpaid.payment_intent.last_payment_error.code == code
    assert stripe.v1.balance.retrieve().available[0].amount == 0
    receiver.wait_for("payment_intent.payment_failed")
    assert sandbox.pay(url_of(session)).status == 303
    intents = stripe.v1.payment_intents.list().data
    assert [intent.status for intent in intents] == ["succeeded"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("card", "4242 4242 4242 4241", "Your card number is invalid."),
        ("card", "4242", "Your card number is incomplete."),
        ("card", "", "Enter the card number."),
        ("expiry", "01 / 20", "Your card has expired"),
        ("expiry", "13 / 40", "Enter the expiry date as month and year"),
        ("cvc", "12", "has 3 digits"),
        ("name", " ", "Enter the name on the card."),
        ("email", "bea@", "Enter an e-mail address"),
    ],
)
def test_a_field_with_a_mistake_is_named_and_all_input_kept(
    stripe: StripeClient, sandbox: SandboxProcess, field: str, value: str, sentence: str
) -> None:
    page = sandbox.pay(url_of(a_session(stripe)), **{field: value})
    assert page.status == 422
    assert sentence in page.html
    assert ' aria-invalid="true" aria-describedby="' in page.html
    assert f'value="{value}"' in page.html
    assert stripe.v1.charges.list().data == []


def test_a_number_that_may_be_a_real_card_is_refused_and_not_shown_again(
    stripe: StripeClient, sandbox: SandboxProcess
) -> None:
    page = sandbox.pay(url_of(a_session(stripe)), "4111 1111 1111 1111")
    assert page.status == 422
    assert "test cards only" in page.html
    assert "4111" not in page.html


@pytest.mark.rule("FIN-02")
def test_clicking_pay_many_times_at_once_charges_once(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    session = a_session(stripe)
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _: sandbox.pay(url_of(session)), range(8)))
    assert {page.status for page in pages} == {303}
    assert len({page.location for page in pages}) == 1
    assert len(stripe.v1.charges.list().data) == 1
    assert stripe.v1.balance.retrieve().available[0].amount == 2500
    assert len(stripe.v1.events.list({"type": "checkout.session.completed"}).data) == 1
    assert "This payment is complete" in visit(url_of(session)).html


def test_a_session_whose_time_is_over_says_so_and_takes_no_money(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    session = a_session(stripe)
    sandbox.control("clock", {"advance": 24 * 60 * 60 + 1})
    receiver.wait_for("checkout.session.expired")
    assert seen_again(stripe, session).status == "expired"
    for page in (visit(url_of(session)), sandbox.pay(url_of(session))):
        assert page.status == 410
        assert "This payment page has expired" in page.html
        assert CANCEL in page.html
    assert stripe.v1.charges.list().data == []


def test_a_session_expires_on_request_once(
    stripe: StripeClient, sandbox: SandboxProcess, receiver: WebhookReceiver
) -> None:
    session = a_session(stripe)
    assert stripe.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(InvalidRequestError, match="Only open Checkout Sessions"):
        stripe.v1.checkout.sessions.expire(session.id)
    assert len(receiver.wait_for("checkout.session.expired")) == 1


def test_a_paid_session_cannot_expire(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    session = a_session(stripe)
    sandbox.pay(url_of(session))
    with pytest.raises(InvalidRequestError, match="Only open"):
        stripe.v1.checkout.sessions.expire(session.id)
    assert seen_again(stripe, session).status == "complete"


def test_wrong_parameters_are_refused_by_name(stripe: StripeClient) -> None:
    wrong = {**top_up_params(), "moode": "payment"}
    with pytest.raises(InvalidRequestError) as unknown:
        stripe.v1.checkout.sessions.create(wrong)  # type: ignore[arg-type]
    assert (unknown.value.http_status, unknown.value.code) == (400, "parameter_unknown")
    assert unknown.value.param == "moode"
    with pytest.raises(InvalidRequestError) as missing:
        stripe.v1.checkout.sessions.create({"mode": "payment", "success_url": SUCCESS})
    assert (missing.value.code, missing.value.param) == ("parameter_missing", "line_items")
    with pytest.raises(InvalidRequestError) as small:
        a_session(stripe, 49)
    assert small.value.code == "amount_too_small"
    with pytest.raises(InvalidRequestError) as early:
        stripe.v1.checkout.sessions.create({**top_up_params(), "expires_at": 1})
    assert early.value.param == "expires_at"
    assert stripe.v1.checkout.sessions.list().data == []


def test_what_does_not_exist_is_404(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    with pytest.raises(InvalidRequestError) as missing:
        stripe.v1.checkout.sessions.retrieve("cs_test_nothing")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    assert visit(f"{sandbox.url}/c/pay/cs_test_nothing").status == 404
    assert visit(f"{sandbox.url}/elsewhere").status == 404


def test_what_cannot_be_expanded_is_refused(stripe: StripeClient) -> None:
    session = a_session(stripe)
    with pytest.raises(InvalidRequestError, match="cannot be expanded"):
        stripe.v1.checkout.sessions.retrieve(session.id, {"expand": ["metadata"]})


@pytest.mark.parametrize("key", ["sk_live_abc", "rk_live_abc", "pk_test_abc", "secret"])
def test_every_key_but_a_secret_test_key_is_refused(sandbox: SandboxProcess, key: str) -> None:
    assert API_KEY.startswith("sk_test_")
    with pytest.raises(AuthenticationError) as refused:
        sandbox.client(key=key).v1.balance.retrieve()
    assert refused.value.http_status == 401
    assert key not in str(refused.value)


def test_lists_are_paged_by_cursor_from_the_latest(stripe: StripeClient) -> None:
    ids = [a_session(stripe).id for _ in range(5)]
    first = stripe.v1.checkout.sessions.list({"limit": 2})
    assert [item.id for item in first.data] == [ids[4], ids[3]]
    assert first.has_more
    rest = stripe.v1.checkout.sessions.list({"limit": 10, "starting_after": ids[3]})
    assert [item.id for item in rest.data] == [ids[2], ids[1], ids[0]]
    assert not rest.has_more
    before = stripe.v1.checkout.sessions.list({"limit": 1, "ending_before": ids[2]})
    assert [item.id for item in before.data] == [ids[3]]
    assert before.has_more
    every = stripe.v1.checkout.sessions.list({"limit": 2}).auto_paging_iter()
    assert [item.id for item in every] == ids[::-1]
