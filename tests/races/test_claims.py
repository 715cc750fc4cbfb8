"""A bank's claim at the same moment as its payer's own steps: nobody waits in a circle, no cent is lost (FIN-03)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest

from accounts.models import User
from core.money import ZERO, dollars
from finance import ledger, proof
from finance.models import Withdrawal
from finance.provider.claims import Claim
from finance.rules import BOUND_FOR
from finance.steps import chargebacks, withdrawals
from tests.finance.cards import by_card, of
from tests.races.together import refusals, together
from tests.withdrawing import ask

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-03")]
ROUNDS = 3


def test_a_claim_beside_a_request_and_a_cancellation(bea: User, now: datetime) -> None:
    later = now + BOUND_FOR
    for number in range(ROUNDS):
        lot = by_card(bea, dollars(60), now=now)
        waiting = [ask(bea, dollars(20), "card-one card", now=later)[0] for _ in range(2)]
        said = (f"txn_{number}", -dollars(60))
        claim = Claim(f"dp_{number}", "won", dollars(60), (said, (f"{said[0]}_back", dollars(60))), "", "", of(lot).pk)
        deeds: list[Callable[[], object]] = [
            partial(chargebacks.learn, of(lot).pk, claim, later),
            partial(withdrawals.cancel, waiting[1].pk, by=bea, now=later),
            partial(ask, bea, dollars(20), "card-one card", now=later),
        ]
        outcomes = together(*deeds)
        assert set(refusals(outcomes)) <= {"OutOfTurn", "NotAllowed", "Invalid"}
        for each in Withdrawal.objects.filter(status="requested"):
            withdrawals.cancel(each.pk, by=bea, now=later)
        assert ledger.balance(ledger.main_of(bea)) == dollars(60) * (number + 1)
    assert proof.breaches() == []
    assert ledger.balance(ledger.COMMISSION) == ZERO
