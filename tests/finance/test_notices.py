"""The payer is told once, in the center and by mail (FIN-02, FIN-03)."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import User
from core import handing
from core.money import Money, dollars
from finance.models import TopUp
from finance.provider import PaymentSession
from finance.steps import top_ups
from notifications.models import Letter, Notice
from notifications.words import Words
from tests.finance.cards import by_card, claimed


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


@pytest.mark.rule("FIN-03")
@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (dollars(280), "your payment of $280.00"),
        (Money(13_993), "$139.93 of your payment of $280.00"),
    ],
)
def test_a_claim_for_a_part_of_a_payment_is_told_as_a_part(bea: User, amount: Money, words: str, now: datetime) -> None:
    lot = by_card(bea, dollars(280), now=now)
    claimed(lot, now=now, taken=amount, amount=amount)
    claimed(lot, now=now, taken=amount, amount=amount, state="lost")
    handing.hand_on_waiting(now=now)
    for kind in ("chargeback.opened", "chargeback.lost"):
        notice = Notice.objects.get(user=bea, kind=kind)
        told = Words(kind, bea, notice.facts)
        assert ("payment_cents" in notice.facts) is (amount != dollars(280))
        assert words in told.body[0]
        assert words.removeprefix("your ") in told.line


@pytest.mark.rule("FIN-03")
@pytest.mark.parametrize(
    "kind", ["opened", "lost", "won", "sent_back", "send_back_failed", "payment_failed", "payment_came"]
)
def test_every_notice_of_a_part_names_the_whole(bea: User, kind: str) -> None:
    facts = {"amount_cents": 13_993, "owed_cents": 0, "source": "Visa •••• 4242", "payment_cents": 28_000}
    told = Words(f"chargeback.{kind}", bea, facts)
    for sentence in (told.line, told.body[0]):
        assert "$139.93 of your payment of $280.00" in sentence
