"""Of whom a tax form is asked before money goes out: of who has ever earned something here, and of nobody else (TAX-01)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.money import dollars
from core.refusals import NotAllowed
from finance import escrow, ledger
from finance.models import Residence, Verb
from finance.queries import withdrawable
from finance.queries.earned import EARNINGS as EARNED
from finance.queries.earned import has_earned
from finance.queries.withdrawable import EARNINGS
from finance.rules import LIMITED_FOR
from finance.steps import tax
from orders.models import Status
from tests.finance.cards import an_earner, named
from tests.stage import Stage, give
from tests.withdrawing import DAY, ask

pytestmark = [pytest.mark.django_db, pytest.mark.rule("TAX-01")]
WITHDRAW = "/balance/withdraw/"


@pytest.fixture
def payer(bea: User, now: datetime) -> User:
    """Bea with $50 by bank transfer and a card named long ago, who has never earned anything."""
    give(bea, dollars(50), now=now)
    named(bea, at=now - LIMITED_FOR - DAY)
    return bea


@pytest.fixture
def earner(stage: Stage) -> User:
    """Sam with the $40 of an order, and a card named long ago."""
    stage.an_order(at=Status.COMPLETED)
    named(stage.seller, at=stage.now - LIMITED_FOR - DAY)
    return stage.seller


def not_permitted(user: User, now: datetime) -> None:
    tax.answer(citizen=False, residence=Residence.NOT_PERMITTED, by=user, now=now)


@pytest.mark.parametrize(
    ("ended", "has"),
    [(Status.DELIVERED, False), (Status.CANCELED, False), (Status.COMPLETED, True), (Status.SPLIT, True)],
)
def test_an_order_is_earned_by_its_seller_alone(stage: Stage, ended: Status, has: bool) -> None:
    stage.an_order(at=ended)
    assert has_earned(stage.seller) is has
    assert not has_earned(stage.buyer)


def test_who_earns_and_buys_has_earned_and_a_stranger_has_not(stage: Stage, earner: User, sten: User) -> None:
    with transaction.atomic():
        escrow.hold("order:9", earner, dollars(10), reference="12345678", by=earner, now=stage.now)
    assert has_earned(earner)
    assert not has_earned(sten)


@pytest.mark.parametrize("verb", [Verb.REFERRAL, Verb.GROUP, Verb.FEE_PAID])
def test_so_are_rewards_and_fees(sam: User, now: datetime, verb: Verb) -> None:
    with transaction.atomic():
        ledger.post(
            "test:paid", verb, {ledger.COMMISSION: -dollars(1), ledger.main_of(sam): dollars(1)}, by=None, now=now
        )
        assert has_earned(sam)
        transaction.set_rollback(True)  # no order and no month stands behind it
    assert not has_earned(sam)


@pytest.mark.parametrize("verb", [each for each in Verb if each not in EARNED])
def test_whatever_else_comes_is_not(sam: User, now: datetime, verb: Verb) -> None:
    with transaction.atomic():
        ledger.post(
            "test:came", verb, {ledger.PROVIDER: -dollars(1), ledger.main_of(sam): dollars(1)}, by=None, now=now
        )
        assert not has_earned(sam)
        transaction.set_rollback(True)


def test_a_fee_that_returns_is_not_earned(bea: User, sam: User, now: datetime) -> None:
    give(bea, dollars(20), now=now)
    with transaction.atomic():
        for key in ("test:1", "test:2"):
            escrow.hold_fee(key, bea, dollars(10), reference="", by=bea, now=now)
        escrow.refund("test:1", bea, purpose=escrow.FOR_FEE, reference="", by=None, now=now)
        escrow.release("test:2", sam, dollars(10), purpose=escrow.FOR_FEE, reference="", by=None, now=now)
        assert (has_earned(bea), has_earned(sam)) == (False, True)
        transaction.set_rollback(True)


def test_who_has_earned_nothing_withdraws_what_was_paid_in_without_a_form(
    client: Client, payer: User, now: datetime
) -> None:
    client.force_login(payer)
    assert "tax form" not in client.get(WITHDRAW).content.decode()
    not_permitted(payer, now)
    assert withdrawable.blocks(payer, EARNINGS, now) == []
    assert [each.amount for each in ask(payer, dollars(20), now=now)] == [dollars(20)]


def test_who_has_earned_signs_first_however_long_ago_that_was(client: Client, earner: User, stage: Stage) -> None:
    lines = {ledger.main_of(earner): -dollars(40), ledger.COMMISSION: dollars(40)}
    ledger.post("test:spent", Verb.HOLD, lines, by=None, now=stage.now)
    give(earner, dollars(30), now=stage.now)
    with pytest.raises(NotAllowed, match="Sign a tax form first"):
        ask(earner, dollars(20), now=stage.now)
    client.force_login(earner)
    text = client.get(WITHDRAW).content.decode()
    assert "Sign a tax form first" in text
    assert "Fill in the tax form" in text


def test_who_may_not_sell_but_has_earned_is_told_so_and_where_to_go(client: Client, earner: User, stage: Stage) -> None:
    not_permitted(earner, stage.now)
    client.force_login(earner)
    text = client.get(WITHDRAW).content.decode().partition("<footer")[0]
    assert "You have earned something here, and your answer is that you live in the United States" in text
    assert "answer the questions again" in text
    assert "mailto:support@localhost" in text
    assert "Sign a tax form" not in text
    assert "Fill in the tax form" not in text
    with pytest.raises(NotAllowed, match="no tax form to sign"):
        ask(earner, dollars(20), now=stage.now)
    tax.answer(citizen=False, residence=Residence.OUTSIDE, by=earner, now=stage.now)
    assert [block.mend for block in withdrawable.blocks(earner, EARNINGS, stage.now)] == ["tax"]


def test_of_who_has_signed_nothing_more_is_asked(bea: User, earner: User, stage: Stage, now: datetime) -> None:
    signed = an_earner(bea, now=now)
    with CaptureQueriesContext(connection) as of_signed:
        assert withdrawable.blocks(signed, EARNINGS, now) == []
    with CaptureQueriesContext(connection) as of_unsigned:
        assert withdrawable.blocks(earner, EARNINGS, stage.now)
    assert len(of_signed) == 4  # claims, answers, form, card
    assert len(of_unsigned) == 5  # no form to look for; what was earned, and which sentence
