"""Which payment by card each dollar of a balance belongs to (WDR-02)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db.models import Q

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance import escrow, ledger, lots
from finance.ledger import Overdrawn
from finance.models import Lot, LotMove
from finance.rules import BOUND_FOR
from tests.finance.cards import by_card, claimed, of, won
from tests.stage import give, give_bonus

KEY = "order:7"
DAY = timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-02")]


def left(*found: Lot) -> list[Money]:
    """What is left of these payments now."""
    return [Lot.objects.get(pk=each.pk).left for each in found]


def spend(user: User, amount: Money, *, now: datetime, key: str = KEY) -> None:
    escrow.hold(key, user, amount, reference=key, by=user, now=now)


def test_a_payment_is_bound_for_thirty_days_from_its_credit(bea: User, now: datetime) -> None:
    lot = by_card(bea, dollars(25), now=now)
    assert (lot.amount, lot.left, lot.at, lot.free_at) == (dollars(25), dollars(25), now, now + BOUND_FOR)
    assert lot.account.key == ledger.main_of(bea).key
    credit = LotMove.objects.get().entry
    assert (credit.key, credit.verb, credit.reference) == (
        f"top_up:{lot.top_up_id}:credit",
        "top_up",
        of(lot).reference,
    )
    assert (credit.at, credit.by) == (now, None)


def test_spending_takes_the_oldest_payment_first_and_other_money_last(bea: User, now: datetime) -> None:
    give(bea, dollars(5), now=now)
    first, second = by_card(bea, dollars(10), now=now), by_card(bea, dollars(20), now=now)
    spend(bea, dollars(4), now=now)
    assert left(first, second) == [dollars(6), dollars(20)]
    spend(bea, dollars(8), now=now, key="order:8")
    assert left(first, second) == [ZERO, dollars(18)]
    spend(bea, dollars(21), now=now, key="order:9")
    assert left(first, second) == [ZERO, ZERO]
    assert ledger.balance(ledger.main_of(bea)) == dollars(2)


def test_what_is_spent_of_a_bonus_takes_nothing_from_a_payment(bea: User, now: datetime) -> None:
    lot = by_card(bea, dollars(10), now=now)
    give_bonus(bea, dollars(6), now=now)
    spend(bea, dollars(6), now=now)
    assert left(lot) == [dollars(10)]
    spend(bea, dollars(1), now=now, key="order:8")
    assert left(lot) == [dollars(9)]


def test_of_every_user_only_their_own_payments_are_touched(bea: User, sam: User, now: datetime) -> None:
    hers, his = by_card(bea, dollars(10), now=now), by_card(sam, dollars(10), now=now)
    spend(sam, dollars(7), now=now)
    assert left(hers, his) == [dollars(10), dollars(3)]
    escrow.refund(KEY, sam, reference=KEY, by=None, now=now)
    assert left(hers, his) == [dollars(10), dollars(10)]


def test_of_what_is_taken_back_the_own_payment_gives_first_and_other_cards_last(bea: User, now: datetime) -> None:
    first, second, third = (by_card(bea, dollars(10), now=now) for _ in range(3))
    give(bea, dollars(6), now=now)
    main, balance, own = ledger.main_of(bea), dollars(36), Q(top_up=of(second))
    assert lots.taken_back(main, dollars(4), balance, own=own) == {second.pk: -dollars(4)}
    assert lots.taken_back(main, dollars(16), balance, own=own) == {second.pk: -dollars(10)}
    assert lots.taken_back(main, dollars(31), balance, own=own) == {
        second.pk: -dollars(10),
        first.pk: -dollars(10),
        third.pk: -dollars(5),
    }
    assert lots.taken_back(main, ZERO, balance, own=own) == {}


class TestUnbound:
    """Money that is bound to no card: what was never paid by one, and what support has released."""

    @pytest.fixture
    def paid(self, bea: User, now: datetime) -> list[Lot]:
        """$15 of other money, payments of $10 and $20; the bank claimed the first and later gave it back."""
        give(bea, dollars(15), now=now)
        return [by_card(bea, dollars(10), now=now), by_card(bea, dollars(20), now=now)]

    @pytest.mark.parametrize("cents", [1, 1499, 1500])
    def test_other_money_leaves_without_touching_a_payment(
        self, bea: User, paid: list[Lot], cents: int, now: datetime
    ) -> None:
        assert lots.unbound(ledger.main_of(bea), Money(cents), dollars(45), now) == {}

    @pytest.mark.parametrize("cents", [1501, 4500])
    def test_money_that_is_bound_to_cards_is_not_given(
        self, bea: User, paid: list[Lot], cents: int, now: datetime
    ) -> None:
        with pytest.raises(Overdrawn):
            lots.unbound(ledger.main_of(bea), Money(cents), dollars(45), now)

    @pytest.fixture
    def lost(self, bea: User, paid: list[Lot], now: datetime) -> list[Lot]:
        """The first payment was lost to the bank; a refund has filled it again, which the card cannot take."""
        spend(bea, dollars(10), now=now)
        claimed(paid[0], now=now, state="lost")
        escrow.refund(KEY, bea, reference=KEY, by=None, now=now)
        return paid

    def test_what_came_back_of_a_lost_payment_is_bound_until_support_releases_it(
        self, bea: User, lost: list[Lot], now: datetime
    ) -> None:
        main = ledger.main_of(bea)
        with pytest.raises(Overdrawn):
            lots.unbound(main, dollars(20), ledger.balance(main), now)
        Lot.objects.filter(pk=lost[0].pk).update(released_at=now)
        first, second = left(*lost)
        assert first == dollars(10)
        other = ledger.balance(main) - first - second
        assert lots.unbound(main, other, ledger.balance(main), now) == {}
        assert lots.unbound(main, other + dollars(4), ledger.balance(main), now) == {lost[0].pk: -dollars(4)}
        assert lots.unbound(main, other + first, ledger.balance(main), now) == {lost[0].pk: -first}
        with pytest.raises(Overdrawn):
            lots.unbound(main, other + first + Money(1), ledger.balance(main), now)

    def test_a_claim_that_was_won_keeps_the_payment_bound(self, bea: User, paid: list[Lot], now: datetime) -> None:
        claimed(paid[0], now=now)
        assert left(*paid) == [ZERO, dollars(20)]
        won(paid[0], now=now)
        assert left(*paid) == [dollars(10), dollars(20)]
        with pytest.raises(Overdrawn):
            lots.unbound(ledger.main_of(bea), dollars(16), dollars(45), now)


class TestGivenBack:
    """A refund fills payments again as they were."""

    def test_a_whole_refund_fills_every_payment_that_gave(self, bea: User, now: datetime) -> None:
        give(bea, dollars(5), now=now)
        paid = by_card(bea, dollars(10), now=now), by_card(bea, dollars(20), now=now)
        spend(bea, dollars(33), now=now)
        escrow.refund(KEY, bea, reference=KEY, by=None, now=now)
        assert left(*paid) == [dollars(10), dollars(20)]

    def test_a_part_returns_in_proportion_to_what_each_gave(self, bea: User, sam: User, now: datetime) -> None:
        give(bea, dollars(10), now=now)
        paid = by_card(bea, dollars(10), now=now), by_card(bea, dollars(20), now=now)
        spend(bea, dollars(40), now=now)
        escrow.split(KEY, bea, sam, refunded=dollars(20), seller_share=dollars(16), reference=KEY, by=None, now=now)
        assert left(*paid) == [dollars(5), dollars(10)]
        assert ledger.balance(ledger.main_of(bea)) == dollars(20)

    def test_odd_cents_go_to_the_largest_remainder(self, bea: User, sam: User, now: datetime) -> None:
        paid = by_card(bea, dollars(1), now=now), by_card(bea, dollars(2), now=now)
        spend(bea, dollars(3), now=now)
        escrow.split(KEY, bea, sam, refunded=Money(100), seller_share=ZERO, reference=KEY, by=None, now=now)
        assert left(*paid) == [Money(33), Money(67)]

    def test_money_of_no_card_fills_nothing(self, bea: User, now: datetime) -> None:
        lot = by_card(bea, dollars(10), now=now)
        spend(bea, dollars(10), now=now, key="order:6")
        give(bea, dollars(8), now=now)
        spend(bea, dollars(8), now=now)
        escrow.refund(KEY, bea, reference=KEY, by=None, now=now)
        assert left(lot) == [ZERO]

    def test_what_is_added_to_an_order_later_comes_back_with_it(self, bea: User, now: datetime) -> None:
        paid = by_card(bea, dollars(10), now=now), by_card(bea, dollars(20), now=now)
        spend(bea, dollars(6), now=now)
        escrow.hold(KEY, bea, dollars(9), part="extra", reference=KEY, by=bea, now=now)
        assert left(*paid) == [ZERO, dollars(15)]
        escrow.refund(KEY, bea, reference=KEY, by=None, now=now)
        assert left(*paid) == [dollars(10), dollars(20)]
