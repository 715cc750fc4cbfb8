"""The payer is told once, in the center and by mail (FIN-02, FIN-03)."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import User
from core import handing
from core.money import Money, dollars
from finance import escrow
from finance.models import TopUp
from finance.provider import PaymentSession
from finance.steps import chargebacks, top_ups
from notifications.models import Letter, Notice
from notifications.words import Words
from tests.finance.cards import by_card, claimed, won


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


@pytest.mark.rule("FIN-03")
class TestTheEndOfAClaim:
    """That one may withdraw again is said only where no other payment that was taken back stands against it."""

    FREE, NOT_YET = "no longer keep you from withdrawing", "until then nothing can be withdrawn"

    def told(self, user: User, kind: str, now: datetime) -> str:
        handing.hand_on_waiting(now=now)
        notice = Notice.objects.filter(user=user, kind=kind).latest("pk")
        return " ".join(Words(kind, user, notice.facts).body)

    def test_won_while_another_is_open_it_is_not_said(self, bea: User, now: datetime) -> None:
        first, second = (by_card(bea, dollars(40), now=now) for _ in range(2))
        claimed(first, now=now)
        claimed(second, now=now)
        won(first, now=now)
        text = self.told(bea, "chargeback.won", now)
        assert self.NOT_YET in text
        assert self.FREE not in text
        won(second, now=now)
        text = self.told(bea, "chargeback.won", now)
        assert self.FREE in text
        assert self.NOT_YET not in text

    def test_won_while_the_bank_still_holds_what_is_owed_it_is_not_said(self, bea: User, now: datetime) -> None:
        lot = by_card(bea, dollars(40), now=now)
        escrow.hold("order:7", bea, dollars(40), reference="7", by=bea, now=now)
        claimed(lot, now=now)
        claimed(lot, now=now, state="won")
        assert self.NOT_YET in self.told(bea, "chargeback.won", now)

    def test_written_off_while_another_is_open_it_is_not_said(self, bea: User, mo: User, now: datetime) -> None:
        first, second = (by_card(bea, dollars(40), now=now) for _ in range(2))
        escrow.hold("order:7", bea, dollars(80), reference="7", by=bea, now=now)
        lost = [claimed(lot, now=now, state="lost") for lot in (first, second)]
        for each, words in zip(lost, (self.NOT_YET, self.FREE), strict=True):
            chargebacks.write_off(each.pk, "Gone.", by=mo, now=now)
            assert words in self.told(bea, "chargeback.written_off", now)
