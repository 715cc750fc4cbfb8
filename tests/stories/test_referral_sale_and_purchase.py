"""Rita brought Sam and Paul brought Bea; Bea pays partly with bonus, accepts, and both are paid out of the commission."""

from __future__ import annotations

import pytest
from django.test import Client

from core.money import Money, dollars
from finance.queries import Balances, balances
from orders.steps import checkout, ending, work
from referrals.models import Reward
from tests.referrals.bringing import brought
from tests.stage import HOUR, Stage, a_person, give, give_bonus
from tests.stories.books import lines


@pytest.mark.rule("REF-02")
@pytest.mark.rule("ORD-11")
def test_the_commission_is_shared_with_those_who_brought_both_sides(stage: Stage, client: Client) -> None:
    bea, sam = stage.buyer, stage.seller
    rita, paul = (a_person(name.lower(), name, now=stage.now) for name in ("Rita", "Paul"))
    brought(sam, by=rita, now=stage.now)
    brought(bea, by=paul, now=stage.now)
    give(bea, dollars(60), now=stage.later())
    give_bonus(bea, dollars(12), now=stage.now)

    choice = stage.a_choice(stage.a_kwork(price=dollars(50)))
    order = checkout.place(choice.pk, by=bea, now=stage.later())
    work.start(order.pk, by=sam, now=stage.later(HOUR))
    work.deliver(order.pk, text="Here it is.", by=sam, now=stage.later(HOUR))
    ending.accept(order.pk, by=bea, now=stage.later(HOUR))
    # $38 came from the main balance: 2.5 % of it for the sale, 3.5 % for the purchase.
    assert lines()[4:] == [
        ("hold", "bea main", "−$38.00"),
        ("hold", "bea bonus", "−$12.00"),
        ("hold", "escrow", "$50.00"),
        ("release", "escrow", "−$50.00"),
        ("release", "commission", "$10.00"),
        ("release", "sam main", "$40.00"),
        ("referral", "commission", "−$0.95"),
        ("referral", "rita main", "$0.95"),
        ("referral", "commission", "−$1.33"),
        ("referral", "paul main", "$1.33"),
    ]
    assert balances(rita) == Balances(main=Money(95), bonus=dollars(0), held=dollars(0))
    assert balances(sam).main == dollars(40)
    assert Money.total(Reward.objects.values_list("amount", flat=True)) == Money(228)

    client.force_login(paul)
    page = client.get("/balance/").content.decode()
    assert "Referral earnings" in page
    assert "+$1.33" in page
    assert order.number in page
    assert f"/orders/{order.number}/" not in page  # it is not Paul's to open
    assert "bea" in client.get("/referrals/people/").content.decode()
