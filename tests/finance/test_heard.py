"""Which withdrawal the provider's word is about (WDR-03): each is looked at, by whichever of its ids it is named."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import User
from core.money import dollars
from finance.models import ProviderEvent, Withdrawal
from finance.provider import Told
from finance.steps import chargebacks, paying_out, refunds, webhooks
from tests.finance.cards import an_earner
from tests.withdrawing import ask

pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-03")]


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    seen: list[int] = []
    monkeypatch.setattr(paying_out, "carry_on", lambda number, _now: seen.append(number))
    return seen


@pytest.fixture
def named(sam: User, bea: User, now: datetime) -> dict[str, Withdrawal]:
    """One withdrawal for each kind of id, and one that bears none."""
    an_earner(sam, now=now)
    found = {}
    for name in ("payout_id", "refund_id", "transfer_id", ""):
        (made,) = ask(sam, dollars(20), now=now)
        if name:
            Withdrawal.objects.filter(pk=made.pk).update(**{name: f"its {name}"})
        found[name] = made
    return found


@pytest.mark.parametrize("name", ["payout_id", "refund_id", "transfer_id"])
def test_the_one_that_is_named_is_looked_at(
    named: dict[str, Withdrawal], looked_at: list[int], now: datetime, name: str
) -> None:
    webhooks.hear(Told("evt_1", "payout.paid", f"its {name}"), now)
    assert looked_at == [named[name].pk]
    webhooks.hear(Told("evt_1", "payout.paid", f"its {name}"), now)
    assert looked_at == [named[name].pk]
    assert ProviderEvent.objects.get().kind == "payout.paid"


def test_a_refund_is_a_withdrawals_or_made_by_hand(
    named: dict[str, Withdrawal], looked_at: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand: list[tuple[str, datetime]] = []
    monkeypatch.setattr(refunds, "settle", lambda number, at: by_hand.append((number, at)))
    webhooks.hear(Told("evt_1", "refund.updated", "its refund_id"), now)
    assert (looked_at, by_hand) == ([named["refund_id"].pk], [])
    webhooks.hear(Told("evt_2", "refund.updated", "re_unknown"), now)
    assert (len(looked_at), by_hand) == (1, [("re_unknown", now)])
    assert ProviderEvent.objects.count() == 2


@pytest.mark.rule("FIN-03")
def test_a_claim_of_which_nothing_could_be_done_is_heard_again(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[object] = [None, "a chargeback"]
    monkeypatch.setattr(chargebacks, "settle", lambda _number, _at: answers.pop(0))
    claim = Told("evt_1", "charge.dispute.created", "dp_1")
    webhooks.hear(claim, now)
    assert not ProviderEvent.objects.exists()
    webhooks.hear(claim, now)
    webhooks.hear(claim, now)
    assert (answers, ProviderEvent.objects.get().pk) == ([], "evt_1")
