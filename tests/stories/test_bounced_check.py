"""Bea's check is spent and bounces: two had confirmed it, a third takes it back, she owes, adds money and is free again."""

from __future__ import annotations

import pytest

from accounts.models import User
from core.money import ZERO, dollars
from core.refusals import NotAllowed
from finance import proof
from finance.models import Chargeback, OfflineWay
from finance.rules import COLLECT_EVERY
from finance.steps import chargebacks, offline
from orders.steps import checkout
from tests.finance.announced import came
from tests.finance.cards import an_earner
from tests.stage import Stage, give
from tests.stories.books import lines
from tests.withdrawing import ask


@pytest.mark.rule("PAY-01", "FIN-07")
def test_confirmed_by_two_bounced_owed_collected_and_free(stage: Stage) -> None:
    bea, mo, now = stage.buyer, stage.moderator, stage.now
    ben, cleo = (User.objects.create_superuser(login, f"{login}@example.org") for login in ("ben", "cleo"))
    an_earner(bea, now=now)
    before = len(lines())

    payment = came(bea, dollars(1_200), mo, ben, way=OfflineWay.CHECK, now=now)
    choice = stage.a_choice(stage.a_kwork(price=dollars(1_180)))
    checkout.place(choice.pk, by=bea, now=now)
    asked = ask(bea, dollars(60), now=now)[0]
    offline.take_back(payment.pk, "The check bounced.", by=cleo, now=stage.later())
    asked.refresh_from_db()
    assert asked.status == "rejected"
    assert lines()[before:] == [
        ("top_up", "provider", "−$1,200.00"),
        ("top_up", "bea main", "$1,200.00"),
        ("hold", "bea main", "−$1,180.00"),
        ("hold", "escrow", "$1,180.00"),
        ("withdrawal", "bea main", "−$60.00"),
        ("withdrawal", "payout", "$60.00"),
        ("withdrawal_back", "payout", "−$60.00"),
        ("withdrawal_back", "bea main", "$60.00"),
        ("taken_back", "chargeback", "−$1,080.00"),
        ("taken_back", "bea main", "−$120.00"),
        ("taken_back", "provider", "$1,200.00"),
    ]

    give(bea, dollars(1_100), now=now)
    with pytest.raises(NotAllowed, match="owe nothing more"):
        ask(bea, dollars(20), now=now)
    chargebacks.collect(Chargeback.objects.get().pk, stage.later() + COLLECT_EVERY)
    assert lines()[-2:] == [("collected", "bea main", "−$1,080.00"), ("collected", "chargeback", "$1,080.00")]
    assert Chargeback.objects.get().owed == ZERO
    assert ask(bea, dollars(20), now=now)[0].amount == dollars(20)
    assert proof.breaches() == []
