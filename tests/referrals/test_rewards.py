"""REF-02: what an order's end pays to those who brought its sides, to the cent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from arbitration.steps import canceling
from core import handing
from core.money import ZERO, Money, dollars
from core.refusals import OutOfTurn
from finance import ledger, proof
from finance.models import Entry, Verb
from notifications.models import Notice
from orders.models import Order, Status
from orders.steps import checkout, ending, work
from referrals import rules
from referrals.models import Reward, Side
from referrals.steps import voiding
from tests.referrals.bringing import brought
from tests.stage import HOUR, Stage, a_person, give, give_bonus

pytestmark = [pytest.mark.django_db, pytest.mark.rule("REF-02")]


@pytest.fixture
def rita(stage: Stage) -> User:
    """Rita, who brought Sam."""
    found = a_person("rita", "Rita Referrer", now=stage.now)
    brought(stage.seller, by=found, now=stage.now)
    return found


@pytest.fixture
def paul(stage: Stage) -> User:
    """Paul, who brought Bea."""
    found = a_person("paul", "Paul Promoter", now=stage.now)
    brought(stage.buyer, by=found, now=stage.now)
    return found


def _has(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def _delivered(stage: Stage, *, price: Money, bonus: Money = ZERO) -> Order:
    """An order that waits to be accepted, paid with so much bonus."""
    choice = stage.a_choice(stage.a_kwork(price=price))
    if bonus:
        give_bonus(stage.buyer, bonus, now=stage.now)
    if choice.shown_total > bonus:
        give(stage.buyer, choice.shown_total - bonus, now=stage.now)
    order = checkout.place(choice.pk, by=stage.buyer, now=stage.now)
    work.start(order.pk, by=stage.seller, now=stage.later(HOUR))
    work.deliver(order.pk, text="Here it is.", by=stage.seller, now=stage.later(HOUR))
    return order


def test_each_side_pays_who_brought_it_out_of_the_commission(stage: Stage, rita: User, paul: User) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    assert (_has(rita), _has(paul)) == (Money(125), Money(175))
    assert ledger.balance(ledger.COMMISSION) == dollars(10) - Money(300)
    assert (_has(stage.seller), _has(stage.buyer)) == (dollars(40), ZERO)
    sale, purchase = Reward.objects.order_by("pk")
    assert (sale.side, sale.base, sale.amount, sale.order_number) == (Side.SALE, dollars(50), Money(125), order.number)
    assert (purchase.side, purchase.amount) == (Side.PURCHASE, Money(175))
    entry = Entry.objects.get(key=f"order:{order.pk}:referral:purchase")
    assert (entry.verb, entry.reference, entry.at) == (Verb.REFERRAL, order.number, order.ended_at)


def test_one_person_may_have_brought_both(stage: Stage, rita: User) -> None:
    brought(stage.buyer, by=rita, now=stage.now)
    stage.an_order(at=Status.COMPLETED)
    assert _has(rita) == Money(300)
    assert Reward.objects.count() == 2


def test_a_seller_may_have_brought_the_buyer(stage: Stage) -> None:
    brought(stage.buyer, by=stage.seller, now=stage.now)
    stage.an_order(at=Status.COMPLETED)
    assert _has(stage.seller) == dollars(40) + Money(175)


@pytest.mark.parametrize(
    ("price", "bonus", "sale", "purchase"),
    [
        (5_000, 0, 125, 175),
        (5_000, 1_200, 95, 133),  # of $38.00
        (5_000, 5_000, 0, 0),
        (5_000, 4_999, 0, 0),  # a cent pays nothing
        (5_000, 4_960, 1, 1),  # 40 cents: 1.0 and 1.4
        (1_333, 0, 33, 46),  # 33.325 and 46.655, rounded down
    ],
)
def test_only_the_main_balance_counts_rounded_down(
    stage: Stage, rita: User, paul: User, price: int, bonus: int, sale: int, purchase: int
) -> None:
    order = _delivered(stage, price=Money(price), bonus=Money(bonus))
    ending.accept(order.pk, by=stage.buyer, now=stage.later())
    assert (_has(rita), _has(paul)) == (Money(sale), Money(purchase))
    assert Reward.objects.count() == bool(sale) + bool(purchase)


def test_of_a_split_only_what_stays_paid_from_main_counts(stage: Stage, rita: User, paul: User) -> None:
    order = stage.an_order(at=Status.SPLIT)  # two fifths of $50 go back
    assert Reward.objects.values_list("base", flat=True).distinct().get() == dollars(30)
    assert (_has(rita), _has(paul)) == (Money(75), Money(105))
    assert ledger.balance(ledger.COMMISSION) == dollars(6) - Money(180)
    assert Entry.objects.filter(reference=order.number, verb=Verb.REFERRAL).count() == 2


def test_a_canceled_order_pays_nothing(stage: Stage, rita: User, paul: User) -> None:
    stage.an_order(at=Status.CANCELED)
    assert (_has(rita), _has(paul)) == (ZERO, ZERO)


def test_a_delivery_that_nobody_answers_pays_as_well(stage: Stage, rita: User) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    assert order.review_due_at
    ending.complete_by_time(order.pk, order.review_due_at)
    assert _has(rita) == Money(125)
    assert Entry.objects.get(verb=Verb.REFERRAL).by is None


def test_an_end_that_is_tried_twice_pays_once(stage: Stage, rita: User) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    with pytest.raises(OutOfTurn):
        ending.accept(order.pk, by=stage.buyer, now=stage.later())
    assert _has(rita) == Money(125)


def test_referrals_of_referrals_pay_nothing(stage: Stage, rita: User, sten: User) -> None:
    brought(rita, by=sten, now=stage.now)
    stage.an_order(at=Status.COMPLETED)
    assert (_has(rita), _has(sten)) == (Money(125), ZERO)


def test_a_blocked_referrer_earns_nothing_and_not_later_as_the_rule_says(
    client: Client, stage: Stage, rita: User
) -> None:
    User.objects.filter(pk=rita.pk).update(is_active=False)
    stage.an_order(at=Status.COMPLETED)
    User.objects.filter(pk=rita.pk).update(is_active=True)
    handing.hand_on_waiting(now=stage.later(rules.ACTIVE_WITHIN))
    assert not Reward.objects.exists()
    text = " ".join(client.get("/rules/").content.decode().split())
    assert "An owner whose account is closed at that moment earns nothing of it, also not later." in text


@pytest.mark.rule("REF-04")
def test_from_when_it_is_voided_a_referral_pays_nothing_and_what_was_paid_stays(
    stage: Stage, rita: User, mo: User
) -> None:
    stage.an_order(at=Status.COMPLETED)
    attachment = Reward.objects.get().attachment
    voiding.void(attachment.pk, "One person.", by=mo, now=stage.later())
    stage.an_order(at=Status.COMPLETED)
    assert _has(rita) == Money(125)


@pytest.mark.rule("REF-03")
@pytest.mark.parametrize(("before", "pays"), [(timedelta(seconds=1), True), (timedelta(), False)])
def test_an_order_pays_if_it_is_completed_before_the_referral_ends(
    stage: Stage, rita: User, before: timedelta, pays: bool
) -> None:
    attachment = rita.referrals.get()
    stage.a_kwork()
    attachment.refresh_from_db()
    stage.now = attachment.ends_at - before - 3 * HOUR
    order = stage.an_order(at=Status.DELIVERED)
    ending.accept(order.pk, by=stage.buyer, now=stage.later(HOUR))
    assert (_has(rita) == Money(125)) is pays


def test_together_they_never_get_more_than_the_commission() -> None:
    both = ["sale", "purchase"]
    assert rules.rewards(dollars(50), dollars(10), both) == {"sale": Money(125), "purchase": Money(175)}
    assert rules.rewards(dollars(50), dollars(3), both) == {"sale": Money(125), "purchase": Money(175)}
    assert rules.rewards(dollars(50), Money(240), both) == {"sale": Money(100), "purchase": Money(140)}
    assert rules.rewards(dollars(50), Money(101), both) == {"sale": Money(42), "purchase": Money(59)}
    assert rules.rewards(dollars(50), Money(101), ["purchase"]) == {"purchase": Money(101)}
    assert rules.rewards(dollars(50), ZERO, both) == {"sale": ZERO, "purchase": ZERO}
    assert rules.rewards(ZERO, dollars(1), []) == {}


def test_an_order_without_commission_pays_nothing(stage: Stage, rita: User, paul: User) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    Order.objects.filter(pk=order.pk).update(seller_share=order.total)
    ending.accept(order.pk, by=stage.buyer, now=stage.later())
    assert (_has(rita), _has(paul), ledger.balance(ledger.COMMISSION)) == (ZERO, ZERO, ZERO)


def test_a_small_commission_is_shared_in_proportion(stage: Stage, rita: User, paul: User) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    Order.objects.filter(pk=order.pk).update(seller_share=order.total - Money(240))
    ending.accept(order.pk, by=stage.buyer, now=stage.later())
    assert (_has(rita), _has(paul), ledger.balance(ledger.COMMISSION)) == (Money(100), Money(140), ZERO)


def test_the_referrer_is_told_the_login_and_the_sum(stage: Stage, rita: User) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    handing.hand_on_waiting(now=stage.later())
    notice = Notice.objects.get(user=rita, kind="referral.earned")
    assert notice.facts == {"login": "sam", "amount_cents": 125, "side": "sale"}
    assert order.title not in str(notice.facts)


def test_canceling_after_completion_takes_nothing_back(stage: Stage, rita: User) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-05", by=stage.buyer, now=stage.later())
    assert _has(rita) == Money(125)


@pytest.mark.rule("FIN-07")
def test_the_proof_finds_a_reward_without_money(stage: Stage, rita: User, ledger_may_break: None) -> None:
    stage.an_order(at=Status.COMPLETED)
    assert proof.breaches() == []
    reward = Reward.objects.get()
    Reward.objects.filter(pk=reward.pk).update(amount=Money(124))
    assert "earned 124, paid 125" in "\n".join(proof.breaches())
    Reward.objects.filter(pk=reward.pk).delete()
    assert "earned nothing, paid 125" in "\n".join(proof.breaches())


@pytest.mark.rule("FIN-07")
def test_the_proof_finds_an_order_that_paid_more_than_it_brought(
    stage: Stage, rita: User, ledger_may_break: None
) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    lines = {ledger.COMMISSION: -dollars(9), ledger.main_of(rita): dollars(9)}
    ledger.post(f"order:{order.pk}:referral:purchase", Verb.REFERRAL, lines, by=None, now=stage.now)
    assert f"order:{order.pk}: 1025 of 1000" in "\n".join(proof.breaches())


def test_the_database_refuses_a_second_reward_for_a_side(stage: Stage, rita: User) -> None:
    stage.an_order(at=Status.COMPLETED)
    reward = Reward.objects.get()
    reward.pk, reward.entry_key = None, "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        reward.save(force_insert=True)
