"""What is asked of the payment provider when money goes out, word for word, and what is read from its answers (WDR-03)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
import stripe

from accounts.models import User
from core.money import Money, dollars
from finance.models import Lot, PayoutDetails, Withdrawal
from finance.provider import checkout
from finance.provider import paying_out as desk
from finance.provider.paying_out import PayoutAccount, Under
from finance.queries import withdrawable
from finance.rules import BOUND_FOR
from tests.finance.answers import sending
from tests.finance.cards import an_earner, by_card, of

pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-03")]


class Provider:
    """Notes each request with all that goes with it, and answers as the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answer: Any = SimpleNamespace(id="made_1", url="https://provider.example/onboarding")
        monkeypatch.setattr(desk, "client", lambda: SimpleNamespace(v1=_Path(self, ())))


class _Path:
    def __init__(self, provider: Provider, names: tuple[str, ...]) -> None:
        self._provider, self._names = provider, names

    def __getattr__(self, name: str) -> _Path:
        return _Path(self._provider, (*self._names, name))

    def __call__(self, *args: Any) -> Any:
        self._provider.asked.append((".".join(self._names), *args))
        return self._provider.answer


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    return Provider(monkeypatch)


@pytest.fixture
def earning(sam: User, now: datetime) -> Withdrawal:
    """Sam's $20, less 90 cents, on their way in the third round of asking."""
    made = sending(an_earner(sam, now=now), "earnings", now)
    known = {"transfer_id": "tr_1", "payout_id": "po_1", "rounds": 2}
    Withdrawal.objects.filter(pk=made.pk).update(**known)
    return Withdrawal.objects.get(pk=made.pk)


@pytest.fixture
def to_card(bea: User, now: datetime) -> Withdrawal:
    """Bea's $20, on their way back to her card."""
    lot: Lot = by_card(bea, dollars(50), now=now - BOUND_FOR)
    made = sending(bea, withdrawable.route_of(of(lot)), now)
    return Withdrawal.objects.select_related("top_up").get(pk=made.pk)


def once(withdrawal: Withdrawal, what: str, round_: int = 0, **more: str) -> dict[str, str]:
    return {"idempotency_key": f"withdrawal:{withdrawal.pk}:{what}:{round_}", **more}


def test_a_transfer_its_payout_and_its_reversal_are_asked_for_once_a_round(
    provider: Provider, earning: Withdrawal
) -> None:
    provider.answer = SimpleNamespace(id="made_1", status="pending", failure_code=None)
    about = {"withdrawal": str(earning.pk)}
    assert desk.transfer(earning) == "made_1"
    assert desk.pay_out(earning) == Under("made_1", False, False)
    assert desk.reverse(earning) == "made_1"
    money = {"amount": 1910, "currency": "usd", "metadata": about}
    to_account = {"destination": earning.account_id, "transfer_group": f"withdrawal:{earning.pk}"}
    at_once = {"method": "instant", "destination": "card_1"}
    of_account = {"stripe_account": earning.account_id}
    assert provider.asked == [
        ("transfers.create", {**money, **to_account}, once(earning, "transfer", 2)),
        ("payouts.create", {**money, **at_once}, once(earning, "payout", 2, **of_account)),
        ("transfers.reversals.create", "tr_1", {"amount": 1910, "metadata": about}, once(earning, "reversal", 2)),
    ]


def test_a_refund_is_asked_for_once_a_round(provider: Provider, to_card: Withdrawal) -> None:
    assert to_card.top_up
    provider.answer = SimpleNamespace(id="re_1", status="pending")
    assert desk.refund(to_card) == Under("re_1", False, False)
    params = {"charge": to_card.top_up.charge_id, "amount": 1910, "metadata": {"withdrawal": str(to_card.pk)}}
    assert provider.asked == [("refunds.create", params, once(to_card, "refund"))]


def test_it_is_asked_what_became_of_them(provider: Provider, earning: Withdrawal, to_card: Withdrawal) -> None:
    assert to_card.top_up
    provider.answer = SimpleNamespace(id="x_1", status="paid", failure_code=None, data=[], amount_reversed=1909)
    assert (desk.find_transfer(earning), desk.find_payout(earning), desk.find_refund(to_card)) == ("", None, None)
    assert desk.retrieve_payout(earning) == Under("x_1", True, False)
    assert desk.find_reversal(earning) == ""
    of_account = {"stripe_account": earning.account_id}
    assert provider.asked == [
        ("transfers.list", {"transfer_group": f"withdrawal:{earning.pk}", "limit": 100}),
        ("payouts.list", {"limit": 100}, of_account),
        ("refunds.list", {"charge": to_card.top_up.charge_id, "limit": 100}),
        ("payouts.retrieve", "po_1", None, of_account),
        ("transfers.retrieve", "tr_1"),
    ]


@pytest.mark.parametrize("find", [desk.find_transfer, desk.find_payout, desk.find_refund])
def test_of_what_was_made_only_its_own_is_found(
    provider: Provider, earning: Withdrawal, to_card: Withdrawal, find: Callable[[Withdrawal], Any]
) -> None:
    wanted = to_card if find is desk.find_refund else earning
    other = to_card if wanted is earning else earning
    made = [
        SimpleNamespace(id=f"made_{each}", status="pending", failure_code=None, metadata=metadata)
        for each, metadata in enumerate(
            [None, SimpleNamespace(withdrawal=str(other.pk)), SimpleNamespace(withdrawal=str(wanted.pk))]
        )
    ]
    provider.answer = SimpleNamespace(data=made)
    assert find(wanted) in ("made_2", Under("made_2", False, False))
    provider.answer = SimpleNamespace(data=made[:2])
    assert not find(wanted)


@pytest.mark.parametrize(("back", "found"), [(1909, ""), (1910, "trr_2"), (2000, "trr_2")])
def test_a_transfer_is_back_when_all_that_was_sent_is(
    provider: Provider, earning: Withdrawal, back: int, found: str
) -> None:
    reversals = [SimpleNamespace(id=f"trr_{number}") for number in (2, 1)]
    provider.answer = SimpleNamespace(amount_reversed=back, reversals=SimpleNamespace(data=reversals))
    assert desk.find_reversal(earning) == found


def test_an_account_is_opened_that_pays_out_only_when_asked(provider: Provider, sam: User, now: datetime) -> None:
    details = PayoutDetails.objects.create(user=sam, at=now)
    assert desk.create_account(details) == "made_1"
    assert desk.onboarding_url("acct_1", back="/back/", again="/again/") == provider.answer.url
    params = {
        "type": "express",
        "country": "US",
        "email": sam.email,
        "capabilities": {"transfers": {"requested": True}},
        "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        "metadata": {"user": str(sam.pk)},
    }
    pages = {"return_url": "/back/", "refresh_url": "/again/"}
    assert provider.asked == [
        ("accounts.create", params, {"idempotency_key": f"payout-account:{details.pk}"}),
        ("account_links.create", {"account": "acct_1", "type": "account_onboarding", **pages}),
    ]


@pytest.mark.rule("FIN-03")
@pytest.mark.parametrize(
    ("charge", "received"),
    [
        ({"paid": True, "balance_transaction": {"amount": 4_900, "currency": "usd"}}, 4_900),
        ({"paid": True, "balance_transaction": {"amount": 4_900, "currency": "eur"}}, 0),
        ({"paid": False, "balance_transaction": {"amount": 4_900, "currency": "usd"}}, 0),
        ({"paid": True, "balance_transaction": None, "amount_captured": 5_000, "currency": "usd"}, 5_000),
        ({"paid": True, "balance_transaction": None, "amount_captured": 5_000, "currency": "eur"}, 0),
    ],
)
def test_what_a_payment_has_brought_counts_in_our_currency_only(charge: dict[str, Any], received: int) -> None:
    moved = charge["balance_transaction"]
    known = {**charge, "balance_transaction": moved and stripe.BalanceTransaction.construct_from(moved, "key")}
    assert checkout._received(stripe.Charge.construct_from(known, "key")) == Money(received)


class TestAccounts:
    """How a seller's account stands, and which of its cards is paid to (WDR-05)."""

    pytestmark = pytest.mark.rule("WDR-05")
    VISA = SimpleNamespace(
        id="card_1", object="card", brand="Visa", last4="5556", fingerprint="one", default_for_currency=False
    )
    BANK = SimpleNamespace(
        id="ba_1", object="bank_account", bank_name="First Bank", last4="6789", default_for_currency=True
    )

    def account(self, *cards: Any, transfers: str = "active", payouts: bool = True) -> Any:
        return SimpleNamespace(
            id="acct_1",
            payouts_enabled=payouts,
            capabilities=SimpleNamespace(transfers=transfers) if transfers else None,
            external_accounts=SimpleNamespace(data=list(cards)) if cards else None,
        )

    def test_without_a_card(self, provider: Provider) -> None:
        provider.answer = self.account()
        assert desk.retrieve_account("acct_1") == PayoutAccount("acct_1", True)
        assert provider.asked == [("accounts.retrieve", "acct_1")]

    @pytest.mark.parametrize(("transfers", "payouts"), [("active", False), ("pending", True), ("", True)])
    def test_that_cannot_pay_out(self, provider: Provider, transfers: str, payouts: bool) -> None:
        provider.answer = self.account(self.VISA, transfers=transfers, payouts=payouts)
        assert not desk.retrieve_account("acct_1").enabled

    def test_the_default_card_counts_or_else_the_first(self, provider: Provider) -> None:
        chosen = SimpleNamespace(**{**vars(self.VISA), "id": "card_2", "default_for_currency": True})
        provider.answer = self.account(self.VISA, chosen)
        assert desk.retrieve_account("acct_1") == PayoutAccount("acct_1", True, "card_2", "Visa", "5556", "one")
        provider.answer = self.account(self.VISA, self.BANK)
        assert desk.retrieve_account("acct_1").card_id == "card_1"

    @pytest.mark.rule("WDR-01")
    def test_only_a_card_of_the_right_brand_counts(self, provider: Provider) -> None:
        other = SimpleNamespace(
            **{**vars(self.VISA), "id": "card_2", "brand": "Discover", "default_for_currency": True}
        )
        provider.answer = self.account(self.BANK, other, self.VISA)
        assert desk.retrieve_account("acct_1").card_id == "card_1"
        mastercard = SimpleNamespace(**{**vars(other), "brand": "MasterCard"})
        provider.answer = self.account(self.BANK, self.VISA, mastercard)
        assert (found := desk.retrieve_account("acct_1")).brand == "Mastercard"
        assert found.card_id == "card_2"
        for named in ([self.BANK], [other], [self.BANK, other]):
            provider.answer = self.account(*named)
            assert desk.retrieve_account("acct_1") == PayoutAccount("acct_1", True)
