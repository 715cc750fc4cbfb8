"""What had happened before the sandbox ran: it can be refunded, disputed and asked about, and is on no list of movements."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stripe import InvalidRequestError, StripeClient

from tests.finance.sandbox.sessions import a_session, url_of
from tests.sandbox import Json, SandboxProcess

DAY = 24 * 3600
LONG_AGO = 1_750_000_000
AS_SAM = {"stripe_account": "acct_demo_sam"}


def _payment(number: int, cents: int, *, paid: bool = True) -> Json:
    return {
        "id": f"cs_test_demo_{number}",
        "intent": f"pi_test_demo_{number}" if paid else "",
        "charge": f"ch_test_demo_{number}" if paid else "",
        "cents": cents,
        "at": LONG_AGO,
        "email": "bea@example.org",
        "name": "Bea Buyer",
        "card": {"brand": "visa", "last4": "1037", "fingerprint": "demo-1"},
        "about": {"top_up": str(number)},
    }


def _told(life: str = "first", clock: int = 0) -> Json:
    """Two payments of which one is disputed, a third that nobody made, and a transfer to Sam: $63 are left."""
    dispute = {"id": "dp_demo_2", "charge": "ch_test_demo_2", "movement": "txn_demo_2", "cents": 2_000}
    transfer = {"id": "tr_demo_1", "payout": "po_demo_1", "account": "acct_demo_sam", "card": "card_demo_sam"}
    return {
        "life": life,
        "clock": clock,
        "accounts": [{"id": "acct_demo_sam", "card": "card_demo_sam", "fingerprint": "payout-sam"}],
        "payments": [_payment(1, 10_000), _payment(2, 2_000), _payment(3, 500, paid=False)],
        "disputes": [{**dispute, "at": LONG_AGO, "status": "needs_response", "reason": "fraudulent"}],
        "transfers": [{**transfer, "cents": 3_700, "at": LONG_AGO, "group": "payout:1", "about": {"withdrawal": "1"}}],
    }


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """The file of openings."""
    path = tmp_path / "openings.json"
    path.write_text(json.dumps(_told()))
    return path


def _available(stripe: StripeClient) -> int:
    return stripe.v1.balance.retrieve().available[0].amount


def test_its_money_is_in_the_balance_and_on_no_list(tmp_path: Path, told: Path) -> None:
    with SandboxProcess(tmp_path, openings=told) as sandbox:
        stripe = sandbox.client()
        assert _available(stripe) == 10_000 - 3_700
        assert stripe.v1.balance_transactions.list().data == []
        assert stripe.v1.events.list().data == []


def test_a_payment_can_be_asked_about_as_one_that_was_made_here(tmp_path: Path, told: Path) -> None:
    with SandboxProcess(tmp_path, openings=told) as sandbox:
        stripe = sandbox.client()
        expand = [f"payment_intent.latest_charge.{part}" for part in ("balance_transaction", "refunds")]
        paid = stripe.v1.checkout.sessions.retrieve("cs_test_demo_1", {"expand": expand})
        assert (paid.status, paid.payment_status, paid.amount_total) == ("complete", "paid", 10_000)
        charge = stripe.v1.charges.retrieve("ch_test_demo_1")
        assert charge.payment_method_details is not None
        card = charge.payment_method_details.card
        assert card is not None
        assert (charge.created, card.last4, card.fingerprint) == (LONG_AGO, "1037", "demo-1")
        intent = stripe.v1.payment_intents.retrieve("pi_test_demo_1")
        assert (intent.status, intent.latest_charge, intent.metadata["top_up"]) == ("succeeded", charge.id, "1")
        unpaid = stripe.v1.checkout.sessions.retrieve("cs_test_demo_3", {"expand": expand})
        assert (unpaid.status, unpaid.payment_status, unpaid.url) == ("expired", "unpaid", None)


def test_a_payment_can_go_back_and_that_is_a_movement(tmp_path: Path, told: Path) -> None:
    with SandboxProcess(tmp_path, openings=told) as sandbox:
        stripe = sandbox.client()
        refund = stripe.v1.refunds.create({"charge": "ch_test_demo_1", "amount": 6_000})
        assert [each.id for each in stripe.v1.refunds.list({"charge": "ch_test_demo_1"}).data] == [refund.id]
        (moved,) = stripe.v1.balance_transactions.list().data
        assert (moved.source, moved.amount) == (refund.id, -6_000)
        with pytest.raises(InvalidRequestError, match="greater than unrefunded amount"):
            stripe.v1.refunds.create({"charge": "ch_test_demo_1", "amount": 4_001})
        with pytest.raises(InvalidRequestError, match="charged back"):
            stripe.v1.refunds.create({"charge": "ch_test_demo_2"})
        assert _available(stripe) == 300


def test_a_dispute_names_what_it_took_and_can_be_decided(tmp_path: Path, told: Path) -> None:
    with SandboxProcess(tmp_path, openings=told) as sandbox:
        stripe = sandbox.client()
        dispute = stripe.v1.disputes.retrieve("dp_demo_2", {"expand": ["payment_intent"]})
        assert [(each.id, each.amount) for each in dispute.balance_transactions] == [("txn_demo_2", -2_000)]
        assert (dispute.status, dispute.charge) == ("needs_response", "ch_test_demo_2")
        sandbox.control("decide/dp_demo_2", {"outcome": "won"})
        (back,) = stripe.v1.balance_transactions.list().data
        assert (back.source, back.amount, _available(stripe)) == ("dp_demo_2", 2_000, 8_300)


def test_an_account_has_been_paid_and_can_be_paid_again(tmp_path: Path, told: Path) -> None:
    with SandboxProcess(tmp_path, openings=told) as sandbox:
        stripe = sandbox.client()
        (transfer,) = stripe.v1.transfers.list({"transfer_group": "payout:1"}).data
        assert (transfer.id, transfer.metadata["withdrawal"]) == ("tr_demo_1", "1")
        payout = stripe.v1.payouts.retrieve("po_demo_1", {}, AS_SAM)  # type: ignore[arg-type]
        assert (payout.status, payout.destination) == ("paid", "card_demo_sam")
        account = stripe.v1.accounts.retrieve("acct_demo_sam")
        assert account.external_accounts is not None
        assert account.external_accounts.data[0].fingerprint == "payout-sam"
        stripe.v1.transfers.create({"amount": 6_300, "currency": "usd", "destination": "acct_demo_sam"})
        wanted = {"amount": 6_300, "currency": "usd", "method": "instant", "destination": "card_demo_sam"}
        assert stripe.v1.payouts.create(wanted, AS_SAM).status == "pending"  # type: ignore[arg-type]
        assert _available(stripe) == 0


def test_a_restart_takes_nothing_in_twice_and_forgets_nothing(tmp_path: Path, told: Path) -> None:
    with SandboxProcess(tmp_path, openings=told) as sandbox:
        sandbox.client().v1.refunds.create({"charge": "ch_test_demo_1", "amount": 6_000})
        sandbox.kill()
        told.write_text(json.dumps({**_told(), "payments": [_payment(1, 99_999)]}))
        sandbox.start()
        stripe = sandbox.client()
        charge = stripe.v1.charges.retrieve("ch_test_demo_1")
        assert (charge.amount, charge.amount_refunded, _available(stripe)) == (10_000, 6_000, 300)


def test_what_belongs_to_a_site_that_was_made_anew_is_forgotten(tmp_path: Path, told: Path) -> None:
    with SandboxProcess(tmp_path, openings=told) as sandbox:
        stripe = sandbox.client()
        assert sandbox.pay(url_of(a_session(stripe))).status == 303
        sandbox.control("clock", {"advance": DAY})
        sandbox.kill()
        told.write_text(json.dumps(_told("second")))
        sandbox.start()
        stripe = sandbox.client()
        assert _available(stripe) == 6_300
        assert stripe.v1.balance_transactions.list().data == []
        assert sandbox.state_now()["clock_offset"] == 0


def test_a_state_file_older_than_the_openings_keeps_what_it_has(tmp_path: Path, told: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        assert sandbox.pay(url_of(a_session(sandbox.client()))).status == 303
        sandbox.kill()
        sandbox.options["openings"] = told
        sandbox.start()
        assert _available(sandbox.client()) == 6_300 + 2_500


def test_the_clock_begins_where_the_sites_clock_is_and_never_goes_back(tmp_path: Path, told: Path) -> None:
    for ahead, offset in ((3 * DAY, 3 * DAY), (DAY, 3 * DAY), (5 * DAY, 5 * DAY)):
        told.write_text(json.dumps(_told(clock=ahead)))
        with SandboxProcess(tmp_path, openings=told) as sandbox:
            assert sandbox.state_now()["clock_offset"] == offset


def test_it_begins_anew_while_it_runs(tmp_path: Path, told: Path) -> None:
    with SandboxProcess(tmp_path, openings=told) as sandbox:
        sandbox.client().v1.refunds.create({"charge": "ch_test_demo_1", "amount": 6_000})
        sandbox.control("clock", {"advance": DAY})
        told.write_text(json.dumps(_told("second")))
        sandbox.control("begin", {"openings": str(told)})
        assert _available(sandbox.client()) == 6_300
        assert sandbox.state_now()["clock_offset"] == 0
        told.unlink()
        sandbox.control("begin", {"openings": str(told)})
        assert _available(sandbox.client()) == 0


def test_nobody_else_makes_it_begin_anew(tmp_path: Path, told: Path, sandbox: SandboxProcess) -> None:
    with SandboxProcess(tmp_path, openings=told) as mine:
        for foreign, path in ((mine, f"{told}.other"), (mine, None), (sandbox, str(told)), (sandbox, None)):
            with pytest.raises(AssertionError, match="not started with this file"):
                foreign.control("begin", {"openings": path})
        assert _available(mine.client()) == 6_300


def test_an_offset_of_the_clock_is_reached_once(sandbox: SandboxProcess) -> None:
    for wanted, offset in ((DAY, DAY), (DAY, DAY), (60, DAY), (2 * DAY, 2 * DAY)):
        sandbox.control("clock", {"offset": wanted})
        assert sandbox.state_now()["clock_offset"] == offset
    for wrong in (-1, "7", True, 1.5):
        with pytest.raises(AssertionError, match="number of seconds"):
            sandbox.control("clock", {"offset": wrong})
    assert sandbox.state_now()["clock_offset"] == 2 * DAY
