"""The ledger's one way in, and the escrow's verbs (FIN-01, FIN-06, ORD-02, ORD-11, CAN-16)."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from core.money import BASIS_POINTS, ZERO, Money, dollars
from finance import escrow, ledger
from finance.escrow import NothingHeld, ShortBalance
from finance.ledger import AlreadyPosted, Overdrawn
from finance.models import Account, Entry, Posting
from finance.rules import COMMISSION_BASIS_POINTS
from kworks.rules import seller_share
from tests.stage import give, give_bonus

KEY = "order:7"


def _have(user: User) -> tuple[int, int]:
    """Main and bonus in cents."""
    return ledger.balance(ledger.main_of(user)).cents, ledger.balance(ledger.bonus_of(user)).cents


@pytest.fixture
def rich(bea: User, now: datetime) -> User:
    """Bea with $100 on main and $12.34 of bonus."""
    give(bea, dollars(100), now=now)
    give_bonus(bea, Money(1234), now=now)
    return bea


class TestPosting:
    @pytest.mark.rule("FIN-06")
    def test_a_key_is_used_once(self, rich: User, now: datetime) -> None:
        lines = {ledger.main_of(rich): -dollars(1), ledger.COMMISSION: dollars(1)}
        ledger.post("once", "bonus", lines, by=rich, now=now)
        with pytest.raises(AlreadyPosted):
            ledger.post("once", "bonus", lines, by=rich, now=now)
        assert _have(rich) == (9900, 1234)

    @pytest.mark.rule("FIN-06")
    def test_nobody_falls_below_zero(self, rich: User, now: datetime) -> None:
        lines = {ledger.bonus_of(rich): -Money(1235), ledger.COMMISSION: Money(1235)}
        with pytest.raises(Overdrawn):
            ledger.post("too much", "bonus", lines, by=rich, now=now)
        assert _have(rich) == (10_000, 1234)
        assert not Entry.objects.filter(key="too much").exists()

    @pytest.mark.parametrize("cents", [[100], [100, -99], [0, 0], []])
    def test_a_set_that_does_not_balance_does_not_reach_the_database(
        self, rich: User, now: datetime, cents: list[int]
    ) -> None:
        places = [ledger.main_of(rich), ledger.COMMISSION]
        with pytest.raises(ValueError, match="sum to zero"):
            ledger.post("bad", "bonus", dict(zip(places, map(Money, cents), strict=False)), by=None, now=now)

    def test_lines_over_nothing_are_left_out(self, rich: User, now: datetime) -> None:
        lines = {ledger.main_of(rich): -dollars(1), ledger.bonus_of(rich): ZERO, ledger.COMMISSION: dollars(1)}
        assert ledger.post("two lines", "bonus", lines, by=None, now=now).postings.count() == 2

    def test_the_sum_of_an_account_without_a_running_balance(self, rich: User) -> None:
        assert ledger.balance(ledger.PROVIDER) == -dollars(100)
        assert ledger.balance(ledger.PROMOTION) == -Money(1234)
        assert ledger.balance(ledger.COMMISSION) == ZERO
        assert not Posting.objects.filter(account__kind="provider", balance_after__isnull=False).exists()

    def test_an_account_that_was_never_opened_is_empty(self, bea: User) -> None:
        assert _have(bea) == (0, 0)
        assert not Account.objects.exists()

    def test_accounts_are_locked_in_the_order_of_their_bytes(self, rich: User, sam: User, now: datetime) -> None:
        """The database sorts keys as Python does, else two entries could wait for each other in a circle."""
        give(sam, dollars(1), now=now)
        keys = list(Account.objects.order_by("key").values_list("key", flat=True))
        assert keys == sorted(keys)


class TestHolding:
    @pytest.mark.rule("FIN-01")
    @pytest.mark.parametrize(
        ("cents", "bonus_first", "left"),
        [
            (1000, True, (10_000, 234)),
            (1234, True, (10_000, 0)),
            (5000, True, (6234, 0)),
            (5000, False, (5000, 1234)),
            (11_234, True, (0, 0)),
            (11_234, False, (0, 0)),
            (10_001, False, (0, 1233)),
        ],
    )
    def test_bonus_pays_first_unless_the_buyer_chose_otherwise(
        self, rich: User, now: datetime, cents: int, bonus_first: bool, left: tuple[int, int]
    ) -> None:
        escrow.hold(KEY, rich, Money(cents), bonus_first=bonus_first, reference="7", by=rich, now=now)
        assert _have(rich) == left
        assert escrow.held_in(KEY) == Money(cents)

    @pytest.mark.rule("ORD-01")
    @pytest.mark.parametrize("bonus_first", [True, False])
    def test_a_short_balance_says_by_how_much(self, rich: User, now: datetime, bonus_first: bool) -> None:
        with pytest.raises(ShortBalance, match=r"short by \$0.01") as refused:
            escrow.hold(KEY, rich, Money(11_235), bonus_first=bonus_first, reference="7", by=rich, now=now)
        assert refused.value.missing == Money(1)
        assert _have(rich) == (10_000, 1234)

    @pytest.mark.parametrize("cents", [0, -1])
    def test_nothing_cannot_be_held(self, rich: User, now: datetime, cents: int) -> None:
        with pytest.raises(ValueError, match="more than nothing"):
            escrow.hold(KEY, rich, Money(cents), reference="7", by=rich, now=now)

    def test_one_key_is_held_once(self, rich: User, now: datetime) -> None:
        escrow.hold(KEY, rich, dollars(10), reference="7", by=rich, now=now)
        with pytest.raises(AlreadyPosted):
            escrow.hold(KEY, rich, dollars(10), reference="7", by=rich, now=now)
        assert escrow.held_in(KEY) == dollars(10)


class TestEnding:
    @pytest.fixture
    def held(self, rich: User, now: datetime) -> User:
        """$50 in escrow: $12.34 of it bonus, the rest from main."""
        escrow.hold(KEY, rich, dollars(50), reference="7", by=rich, now=now)
        return rich

    @pytest.mark.rule("ORD-11")
    def test_release_pays_the_share_and_books_the_commission(self, held: User, sam: User, now: datetime) -> None:
        escrow.release(KEY, sam, dollars(40), reference="7", by=held, now=now)
        assert _have(sam) == (4000, 0)
        assert ledger.balance(ledger.COMMISSION) == dollars(10)
        assert escrow.held_in(KEY) == ZERO

    @pytest.mark.rule("CAN-16")
    def test_refund_returns_each_part_to_where_it_came_from(self, held: User, now: datetime) -> None:
        escrow.refund(KEY, held, reference="7", by=None, now=now)
        assert _have(held) == (10_000, 1234)
        assert escrow.held_in(KEY) == ZERO

    @pytest.mark.rule("CAN-16")
    def test_money_that_moved_meanwhile_does_not_change_the_origin(self, held: User, now: datetime) -> None:
        give_bonus(held, dollars(3), now=now)
        escrow.hold("order:8", held, dollars(20), reference="8", by=held, now=now)
        escrow.refund(KEY, held, reference="7", by=None, now=now)
        assert _have(held) == (10_000 - 1700, 1234)

    @pytest.mark.rule("FIN-06")
    @pytest.mark.parametrize("second", ["release", "refund"])
    @pytest.mark.parametrize("first", ["release", "refund"])
    def test_an_escrow_ends_once(self, held: User, sam: User, now: datetime, first: str, second: str) -> None:
        self._end(first, held, sam, now)
        before = _have(held), _have(sam), ledger.balance(ledger.COMMISSION)
        with pytest.raises(NothingHeld):
            self._end(second, held, sam, now)
        assert (_have(held), _have(sam), ledger.balance(ledger.COMMISSION)) == before

    @pytest.mark.parametrize("verb", ["release", "refund"])
    def test_an_escrow_that_never_was_cannot_end(self, bea: User, sam: User, now: datetime, verb: str) -> None:
        with pytest.raises(NothingHeld):
            self._end(verb, bea, sam, now)
        assert not Entry.objects.exists()

    @pytest.mark.parametrize("cents", [5001, -1])
    def test_a_share_beyond_what_is_held_is_refused(self, held: User, sam: User, now: datetime, cents: int) -> None:
        with pytest.raises(Overdrawn):
            escrow.release(KEY, sam, Money(cents), reference="7", by=None, now=now)
        assert escrow.held_in(KEY) == dollars(50)

    def _end(self, verb: str, buyer: User, seller: User, now: datetime) -> None:
        if verb == "release":
            escrow.release(KEY, seller, dollars(40), reference="7", by=None, now=now)
        else:
            escrow.refund(KEY, buyer, reference="7", by=None, now=now)


@pytest.mark.rule("ORD-11")
@given(st.integers(min_value=1, max_value=10**9))
def test_the_odd_cent_of_a_share_is_the_sites(cents: int) -> None:
    """The seller's share is rounded down to the cent, the rest is commission; nothing is lost between the two."""
    total = Money(cents)
    share = seller_share(total)
    commission = total - share
    exact = cents * (BASIS_POINTS - COMMISSION_BASIS_POINTS)
    assert 0 <= exact - share.cents * BASIS_POINTS < BASIS_POINTS
    assert commission >= total.share(COMMISSION_BASIS_POINTS)
