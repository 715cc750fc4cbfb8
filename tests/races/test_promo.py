"""One promo code, several people or presses at the same moment (FIN-04)."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db.models import QuerySet

from accounts.models import User
from core.money import Money, dollars
from finance import ledger
from finance.models import PromoCode, PromoUse
from finance.steps import promo
from tests.races.together import PATIENCE_SECONDS, refusals, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-04")]


@pytest.fixture
def code(mo: User, now: datetime) -> PromoCode:
    fields = {"valid_from": now, "valid_until": now + timedelta(days=1), "most_uses": 1, "by": mo, "at": now}
    return PromoCode.objects.create(code="LAST", amount=dollars(10), **fields)


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code is read without holding it, and everybody was found entitled before anybody is credited."""
    all_have_read, check = Barrier(2), promo._check

    def check_then_wait(*args: Any) -> None:
        check(*args)
        all_have_read.wait(PATIENCE_SECONDS)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
    monkeypatch.setattr(promo, "_check", check_then_wait)


def _redeem(by: User, now: datetime) -> PromoUse:
    return promo.redeem("LAST", by=by, now=now)


def _bonus(user: User) -> Money:
    return ledger.balance(ledger.bonus_of(user))


def test_the_last_use_goes_to_one(code: PromoCode, bea: User, sten: User, now: datetime) -> None:
    assert refusals(together(lambda: _redeem(bea, now), lambda: _redeem(sten, now))) == ["OutOfTurn"]
    assert _bonus(bea) + _bonus(sten) == dollars(10)
    code.refresh_from_db()
    assert code.uses == PromoUse.objects.count() == 1


def test_one_user_pressing_twice_redeems_once(code: PromoCode, bea: User, now: datetime) -> None:
    PromoCode.objects.update(most_uses=5)
    assert refusals(together(lambda: _redeem(bea, now), lambda: _redeem(bea, now))) == ["OutOfTurn"]
    assert _bonus(bea) == dollars(10)


def test_without_the_lock_the_last_use_goes_to_two(
    code: PromoCode, bea: User, sten: User, now: datetime, no_lock: None, ledger_may_break: None
) -> None:
    """Negative control: both were counted as the first."""
    assert refusals(together(lambda: _redeem(bea, now), lambda: _redeem(sten, now))) == []
    assert _bonus(bea) + _bonus(sten) == dollars(20)


def test_without_the_lock_one_user_runs_into_the_key(code: PromoCode, bea: User, now: datetime, no_lock: None) -> None:
    """Negative control: the ledger's key still refuses the second."""
    assert refusals(together(lambda: _redeem(bea, now), lambda: _redeem(bea, now))) == ["AlreadyPosted"]
    assert _bonus(bea) == dollars(10)
