"""What came by check or money order can be spent at once and withdrawn later, because it can bounce (PAY-01)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import escrow, ledger, lots
from finance.ledger import Overdrawn
from finance.models import Lot, OfflineWay
from finance.queries import withdrawable
from finance.rules import LIMITED_FOR, OFFLINE_BOUND_FOR
from finance.steps import freeing, offline, withdrawals
from tests.finance.announced import came
from tests.finance.cards import by_card, named
from tests.finance.seals import forge
from tests.stage import give
from tests.withdrawing import ask, sign_a_form

pytestmark = pytest.mark.rule("PAY-01")
CHECK = OfflineWay.CHECK
KEY = "order:7"
SECOND = timedelta(seconds=1)
HUNDRED = dollars(100)


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def spend(user: User, amount: Money, *, now: datetime) -> None:
    escrow.hold(KEY, user, amount, reference=KEY, by=user, now=now)


@pytest.fixture
def bea(bea: User, now: datetime) -> User:
    """Bea, with everything ready to withdraw, and nothing to withdraw."""
    named(bea, at=now - LIMITED_FOR - timedelta(days=1))
    sign_a_form(bea, now=now)
    return bea


@pytest.fixture
def staff(db: None) -> User:
    """Somebody who confirmed nothing."""
    return User.objects.create_superuser("support", "support@example.org")


@pytest.mark.parametrize("way", [CHECK, OfflineWay.MONEY_ORDER])
def test_it_goes_where_earnings_go_from_its_day_on(bea: User, mo: User, now: datetime, way: OfflineWay) -> None:
    payment = came(bea, HUNDRED, mo, way=way, now=now)
    free_at = now + OFFLINE_BOUND_FOR
    lot = Lot.objects.get()
    assert (lot.announced, lot.top_up, lot.amount, lot.left) == (payment, None, HUNDRED, HUNDRED)
    assert (lot.at, lot.free_at) == (now, free_at)
    waiting = withdrawable.sources(bea, free_at - SECOND)
    assert [(each.route, each.now, each.later) for each in waiting] == [("earnings", ZERO, ((free_at, HUNDRED),))]
    with pytest.raises(Invalid, match="At most"):
        ask(bea, HUNDRED, now=free_at - SECOND)
    [earnings] = withdrawable.sources(bea, free_at)
    assert (earnings.now, earnings.later, earnings.total) == (HUNDRED, (), HUNDRED)
    asked = ask(bea, HUNDRED, now=free_at)[0]
    assert (asked.top_up, asked.card_id, main(bea)) == (None, "card_1", ZERO)
    assert Lot.objects.get().left == ZERO
    withdrawals.cancel(asked.pk, by=bea, now=free_at)
    assert (main(bea), Lot.objects.get().left) == (HUNDRED, HUNDRED)


def test_a_bank_transfer_is_free_at_once(bea: User, mo: User, now: datetime) -> None:
    came(bea, HUNDRED, mo, now=now)
    assert not Lot.objects.exists()
    assert ask(bea, HUNDRED, now=now)[0].amount == HUNDRED


def test_it_can_be_spent_at_once_before_what_is_free(bea: User, mo: User, now: datetime) -> None:
    give(bea, dollars(40), now=now)
    came(bea, HUNDRED, mo, way=CHECK, now=now)
    spend(bea, dollars(70), now=now)
    assert Lot.objects.get().left == dollars(30)
    assert withdrawable.sources(bea, now)[0].now == dollars(40)
    escrow.refund(KEY, bea, reference=KEY, by=None, now=now)
    assert Lot.objects.get().left == HUNDRED
    assert withdrawable.sources(bea, now)[0].now == dollars(40)


def test_what_is_free_goes_before_what_has_waited_and_never_what_waits(bea: User, mo: User, now: datetime) -> None:
    give(bea, dollars(40), now=now)
    came(bea, HUNDRED, mo, way=CHECK, now=now)
    card = by_card(bea, dollars(20), now=now)
    place, day = ledger.main_of(bea), now + OFFLINE_BOUND_FOR
    check = Lot.objects.get(announced__isnull=False)
    for at, most in ((now, dollars(40)), (day, dollars(140))):
        with pytest.raises(Overdrawn):
            lots.unbound(place, most + Money(1), dollars(160), at)
    assert lots.unbound(place, dollars(40), dollars(160), day) == {}
    assert lots.unbound(place, dollars(140), dollars(160), day) == {check.pk: -HUNDRED}
    assert card.left == dollars(20)


class TestSupport:
    def test_lets_it_go_earlier(self, bea: User, mo: User, staff: User, now: datetime) -> None:
        came(bea, HUNDRED, mo, way=CHECK, now=now)
        lot = Lot.objects.get()
        freeing.free(lot.pk, "A cashier's check of a known bank", by=staff, now=now)
        assert withdrawable.sources(bea, now)[0].now == HUNDRED
        with pytest.raises(OutOfTurn):
            freeing.free(lot.pk, "Again", by=staff, now=now)

    def test_but_nobody_who_confirmed_it(self, bea: User, mo: User, staff: User, now: datetime) -> None:
        payment = came(bea, dollars(1_000), mo, staff, way=CHECK, now=now)
        lot = Lot.objects.get(announced=payment)
        for by in (mo, staff):
            assert not freeing.may_free(lot, by, now)
            with pytest.raises(NotAllowed, match="somebody else"):
                freeing.free(lot.pk, "It is good", by=by, now=now)
        other = User.objects.create_superuser("other", "other@example.org")
        assert freeing.may_free(lot, other, now)

    def test_sees_it_in_the_admin(
        self, client: Client, bea: User, mo: User, staff: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.clock.now", lambda: now)
        payment = came(bea, HUNDRED, mo, way=CHECK, now=now)
        client.force_login(staff)
        assert payment.code in client.get("/admin/finance/lot/", {"q": payment.code}).content.decode()
        page = f"/admin/finance/lot/{Lot.objects.get().pk}"
        client.post(f"{page}/decide/", {"decision": "free", "reason": "It is good"})
        assert "lot.freed" in client.get(f"{page}/change/").content.decode()


class TestTheDatabase:
    @pytest.mark.parametrize("wrong", ["announced_id = NULL", "top_up_id = 1"])
    def test_a_lot_is_of_one_payment(self, bea: User, mo: User, now: datetime, wrong: str) -> None:
        came(bea, HUNDRED, mo, way=CHECK, now=now)
        with (
            pytest.raises(IntegrityError, match=r"lot_of_one_payment|changes only with an entry"),
            transaction.atomic(),
        ):
            Lot.objects.update(**{wrong.split("_id")[0]: None if "NULL" in wrong else 1})
        with pytest.raises(IntegrityError, match="lot_of_one_payment"), transaction.atomic():
            forge(f"UPDATE finance_lot SET {wrong}")

    def test_a_lot_stays_of_the_payment_it_was_opened_for(self, bea: User, mo: User, now: datetime) -> None:
        first, second = came(bea, HUNDRED, mo, way=CHECK, now=now), came(bea, HUNDRED, mo, now=now)
        with pytest.raises(IntegrityError, match="changes only with an entry"), transaction.atomic():
            Lot.objects.filter(announced=first).update(announced=second)


def test_the_pages_say_until_when(
    client: Client, bea: User, mo: User, now: datetime, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OFFLINE_PAYMENT_DETAILS = "Example Bank"
    monkeypatch.setattr("core.clock.now", lambda: now)
    came(bea, HUNDRED, mo, way=CHECK, now=now)
    client.force_login(bea)
    text = client.get("/balance/offline/").content.decode()
    assert "You can spend it now, and withdraw what is left of it from" in text
    assert "withdrawn after 30 days" in text
    text = client.get("/balance/withdraw/").content.decode()
    assert "$100.00 more from" in text
    assert "it came by check or money order" in text
    assert "because it can bounce until then" in text
    monkeypatch.setattr("core.clock.now", lambda: now + OFFLINE_BOUND_FOR)
    assert "You can spend it now" not in client.get("/balance/offline/").content.decode()
    assert "$100.00 more from" not in client.get("/balance/withdraw/").content.decode()


def test_a_check_that_is_confirmed_late_waits_from_then_on(bea: User, mo: User, now: datetime) -> None:
    payment = came(bea, HUNDRED, way=CHECK, now=now)
    offline.cancel(payment.pk, by=bea, now=now)
    later = now + timedelta(days=20)
    offline.confirm(payment.pk, HUNDRED, "Came late", by=mo, now=later)
    assert Lot.objects.get().free_at == later + OFFLINE_BOUND_FOR
