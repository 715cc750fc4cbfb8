"""The payer is told once, in the center and by mail (FIN-02, FIN-03)."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import User
from core import handing
from core.money import dollars
from finance.models import TopUp
from finance.provider import PaymentSession
from finance.steps import top_ups
from notifications.models import Letter, Notice


@pytest.fixture
def top_up(bea: User, now: datetime) -> TopUp:
    return TopUp.objects.create(user=bea, amount=dollars(25), session_id="cs_1", at=now, check_due_at=now)


@pytest.mark.rule("FIN-02")
def test_a_paid_top_up_is_told_once(top_up: TopUp, now: datetime) -> None:
    paid = PaymentSession("cs_1", "", "complete", True, dollars(25), "usd", "pi_1")
    for _ in range(2):
        top_ups.learn("cs_1", paid, now)
        handing.hand_on_waiting(now=now)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.url) == (top_up.user, "top_up.paid", top_up.get_absolute_url())
    assert notice.facts == {"amount_cents": 2500}
    assert Letter.objects.get().notice == notice


@pytest.mark.rule("FIN-03")
def test_an_abandoned_top_up_is_told_once(top_up: TopUp, now: datetime) -> None:
    for _ in range(2):
        top_ups.learn("cs_1", None, now)
        handing.hand_on_waiting(now=now)
    assert Notice.objects.get().kind == "top_up.abandoned"
