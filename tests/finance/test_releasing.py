"""Card money is released from its card only where it cannot go back to it (WDR-02)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from core.money import ZERO, dollars
from core.refusals import Invalid, OutOfTurn
from finance.models import Lot, OfflineWay, Withdrawal
from finance.queries.withdrawable import EARNINGS
from finance.rules import BOUND_FOR
from finance.steps import freeing, offline
from tests.finance.announced import came
from tests.finance.cards import an_earner, by_card, claimed
from tests.finance.records import recorded
from tests.stage import give
from tests.withdrawing import ask

pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-02")]
WHY = "Its card is closed."


@pytest.fixture
def support(db: None) -> User:
    return User.objects.create_superuser("support", "support@example.org")


def stays(lot: Lot, support: User, now: datetime) -> bool:
    """Whether it is refused to release it."""
    offered = freeing.may_free(lot, support, now + BOUND_FOR)
    try:
        freeing.release(lot.pk, WHY, by=support, now=now + BOUND_FOR)
    except OutOfTurn:
        assert not offered
        return True
    assert offered
    return False


def test_a_payment_that_nothing_happened_to_stays(support: User, bea: User, now: datetime) -> None:
    assert stays(by_card(bea, dollars(20), now=now), support, now)


def test_a_claim_that_is_open_or_of_another_payment_releases_nothing(support: User, bea: User, now: datetime) -> None:
    first, second = by_card(bea, dollars(20), now=now), by_card(bea, dollars(20), now=now)
    claimed(first, now=now, taken=dollars(5))
    assert stays(Lot.objects.get(pk=first.pk), support, now)
    claimed(first, now=now, state="lost", taken=dollars(5))
    assert stays(second, support, now)
    assert not stays(Lot.objects.get(pk=first.pk), support, now)
    first.refresh_from_db()
    assert first.released_at == now + BOUND_FOR
    assert recorded(first)[-1] == ("lot.released", support.pk, now + BOUND_FOR, {"reason": WHY})
    assert stays(first, support, now)  # once is enough


def test_who_releases_it_once_more_reads_that_it_was_decided(support: User, bea: User, now: datetime) -> None:
    lot, later = by_card(bea, dollars(20), now=now), now + BOUND_FOR
    with pytest.raises(OutOfTurn, match="can still go back"):
        freeing.release(lot.pk, WHY, by=support, now=later)
    claimed(lot, now=now, state="lost", taken=dollars(5))
    freeing.release(lot.pk, WHY, by=support, now=later)
    told = recorded(lot)
    with pytest.raises(OutOfTurn, match="decided already"):
        freeing.release(lot.pk, "Me too.", by=support, now=later + timedelta(minutes=1))
    assert Lot.objects.get(pk=lot.pk).released_at == later
    assert recorded(lot) == told


def test_a_withdrawal_that_failed_releases_its_own_payment_only(
    support: User, bea: User, ledger_may_break: None, now: datetime
) -> None:
    first, second = by_card(bea, dollars(20), now=now), by_card(bea, dollars(20), now=now)
    for lot, status in ((first, "failed"), (second, "canceled")):
        Withdrawal.objects.create(
            user=bea, top_up=lot.top_up, amount=dollars(20), fee=dollars(1), status=status, at=now, ended_at=now
        )
    Withdrawal.objects.create(user=bea, amount=dollars(20), fee=dollars(1), status="failed", at=now, ended_at=now)
    assert stays(second, support, now)
    assert not stays(first, support, now)


def test_nothing_left_needs_no_release(support: User, bea: User, now: datetime) -> None:
    lot = by_card(bea, dollars(20), now=now)
    claimed(lot, now=now, state="lost")
    assert stays(Lot.objects.get(pk=lot.pk), support, now)


@pytest.mark.rule("PAY-01")
def test_a_check_is_released_when_it_was_taken_back_and_no_other_one(
    support: User, bea: User, mo: User, now: datetime
) -> None:
    card = by_card(bea, dollars(20), now=now)
    checks = [came(bea, dollars(40), mo, way=OfflineWay.CHECK, now=now) for _ in range(2)]
    later = now + timedelta(days=1)
    assert all(
        freeing.may_free(each, support, later) for each in (Lot.objects.get(announced=check) for check in checks)
    )
    offline.take_back(checks[0].pk, "It bounced.", by=support, now=later)
    gone, good = (Lot.objects.get(announced=check) for check in checks)
    assert not freeing.may_free(gone, support, later)
    assert freeing.may_free(good, support, later)
    assert freeing.may_free(card, support, later)  # a card's own time is shortened all the same
    freeing.free(card.pk, "Known card.", by=support, now=later)


@pytest.mark.rule("PAY-01")
def test_what_came_back_of_a_bounced_check_is_no_earnings(bea: User, support: User, mo: User, now: datetime) -> None:
    """Its days are over, and still it goes nowhere before support has looked at it."""
    an_earner(bea, now=now)
    check = came(bea, dollars(60), mo, way=OfflineWay.CHECK, now=now)
    give(bea, dollars(60), now=now)
    offline.take_back(check.pk, "It bounced.", by=support, now=now)
    later = now + BOUND_FOR
    assert Lot.objects.get().left == ZERO
    with pytest.raises(Invalid):
        ask(bea, dollars(161), EARNINGS, now=later)
    assert ask(bea, dollars(160), EARNINGS, now=later)
