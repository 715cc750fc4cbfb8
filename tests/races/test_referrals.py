"""Two orders whose sellers have brought each other's sides end at the same moment: both are paid, nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import OperationalError, transaction

from accounts.models import User
from core.models import Event
from core.money import Money, dollars
from finance import ledger
from finance.models import Entry, Verb
from orders.models import Order, Status
from orders.steps import ending
from referrals.models import Attachment, Deed, Reward
from referrals.steps import joining
from tests.races.together import refusals, together
from tests.referrals.bringing import brought
from tests.stage import Stage, a_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("REF-02")]

ALL_HAVE_RELEASED_SECONDS = 2


@pytest.fixture
def crossed(stage: Stage, sten: User) -> tuple[Order, Order]:
    """Sam sells to Bea, whom Sten has brought; Sten sells to Bo, whom Sam has brought. Both are delivered."""
    bo = a_person("bo", "Bo Buyer", now=stage.now)
    other = Stage(buyer=bo, seller=sten, now=stage.now)
    for each in (stage, other):  # making an account for the first time would let one wait for the other
        each.an_order(at=Status.COMPLETED)
    brought(stage.buyer, by=sten, now=stage.now)
    brought(bo, by=stage.seller, now=stage.now)
    return stage.an_order(at=Status.DELIVERED), other.an_order(at=Status.DELIVERED)


def _both_end(orders: tuple[Order, Order], now: datetime) -> list[Any]:
    one, other = orders
    return together(
        lambda: ending.accept(one.pk, by=one.buyer, now=now), lambda: ending.accept(other.pk, by=other.buyer, now=now)
    )


@pytest.fixture
def meet_between_the_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each end waits between paying its seller and paying a referrer until the other is as far, or held up before it."""
    met = Barrier(2)
    post = ledger.post

    def slowly(key: str, verb: str, lines: Mapping[ledger.Place, Money], **more: Any) -> Entry:
        if verb == Verb.REFERRAL:
            with suppress(BrokenBarrierError):  # the other one waits for our accounts, as it should
                met.wait(ALL_HAVE_RELEASED_SECONDS)
        return post(key, verb, lines, **more)

    monkeypatch.setattr(ledger, "post", slowly)


@pytest.mark.usefixtures("meet_between_the_entries")
def test_two_ends_that_pay_each_others_sellers_both_happen(crossed: tuple[Order, Order], stage: Stage) -> None:
    assert refusals(_both_end(crossed, stage.later())) == []
    for order in crossed:
        assert ledger.balance(ledger.main_of(order.seller)) == dollars(80) + Money(175)
    assert Reward.objects.count() == 2


@pytest.mark.usefixtures("meet_between_the_entries")
def test_without_holding_all_accounts_first_they_wait_in_a_circle(
    crossed: tuple[Order, Order], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the database ends one of the two as a deadlock."""
    monkeypatch.setattr(ending, "_lock_accounts", lambda order, dues: None)
    outcomes = _both_end(crossed, stage.later())
    assert [type(each) for each in outcomes if isinstance(each, Exception)] == [OperationalError]
    assert "deadlock" in str(next(each for each in outcomes if isinstance(each, Exception)))
    assert Reward.objects.count() == 1


@pytest.mark.rule("REF-03")
def test_two_first_deeds_at_once_make_it_active_once(bea: User, sten: User, now: datetime) -> None:
    brought(bea, by=sten, now=now)

    def act() -> None:
        with transaction.atomic():
            joining.activate(bea, Deed.ORDER, now=now)

    outcomes = together(act, act)
    assert Event.objects.filter(kind="referral.activated").count() == 1
    assert Attachment.objects.get().active_at == now
    assert refusals(outcomes) == []


@pytest.mark.rule("REF-01")
def test_two_links_at_once_attach_once(bea: User, sam: User, sten: User, now: datetime) -> None:
    outcomes = together(lambda: brought(bea, by=sten, now=now), lambda: brought(bea, by=sam, now=now))
    assert refusals(outcomes) == []
    assert Attachment.objects.count() == 1
