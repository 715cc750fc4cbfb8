"""What is read from the provider's word of a claim (FIN-03)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.money import dollars
from finance.provider import Declined, Unanswered, claims
from finance.provider.claims import Claim

pytestmark = pytest.mark.rule("FIN-03")


def _says(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    def asked(call: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(claims, "asked", asked)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *[(status, "open") for status in ("needs_response", "under_review", "warning_needs_response")],
        *[("warning_closed", "won"), ("won", "won"), ("lost", "lost")],
    ],
)
def test_what_the_provider_says_of_a_claim(monkeypatch: pytest.MonkeyPatch, status: str, state: str) -> None:
    moved = [SimpleNamespace(id=f"txn_{each}", amount=-5000, currency=each) for each in ("usd", "eur")]
    said = {"id": "dp_1", "amount": 5000, "reason": "fraudulent", "charge": "ch_1", "payment_intent": None}
    _says(monkeypatch, SimpleNamespace(**said, status=status, balance_transactions=moved))
    ours = (("txn_usd", -dollars(50)),)
    assert claims.retrieve_claim("dp_1") == Claim("dp_1", state, dollars(50), ours, "fraudulent", "ch_1", 0)


def test_a_claim_that_the_provider_does_not_know_or_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    _says(monkeypatch, Declined("resource_missing"))
    assert claims.retrieve_claim("dp_1") is None
    _says(monkeypatch, Declined("account_closed"))
    with pytest.raises(Unanswered) as told:
        claims.retrieve_claim("dp_1")
    assert told.value.why == "account_closed"
