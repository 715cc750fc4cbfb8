"""What each entry of the ledger says of itself: what it did, for what, by whom and when (FIN-06)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import pytest
from django.db import IntegrityError

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance import escrow, ledger
from finance.escrow import FOR_FEE, NothingHeld, ShortBalance
from finance.ledger import Overdrawn
from finance.models import Account, AccountKind, Entry, LotMove, Posting
from tests.finance.cards import by_card
from tests.stage import give, give_bonus

KEY = "order:7"
pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-06")]


class People(NamedTuple):
    buyer: User
    seller: User


@pytest.fixture
def both(bea: User, sam: User, now: datetime) -> People:
    """Bea has $100 on main and $12.34 of bonus."""
    give(bea, dollars(100), now=now)
    give_bonus(bea, Money(1234), now=now)
    return People(bea, sam)


def lines_of(entry: Entry) -> dict[str, Money]:
    return dict(entry.postings.values_list("account__key", "amount"))


def _hold(both: People, now: datetime) -> Entry:
    return escrow.hold(KEY, both.buyer, dollars(50), reference="of the test", by=both.buyer, now=now)


def _hold_more(both: People, now: datetime) -> Entry:
    return escrow.hold(KEY, both.buyer, dollars(5), part="extra", reference="of the test", by=both.buyer, now=now)


def _hold_fee(both: People, now: datetime) -> Entry:
    return escrow.hold_fee(KEY, both.buyer, dollars(20), reference="of the test", by=both.buyer, now=now)


def _release(both: People, now: datetime) -> Entry:
    _hold(both, now)
    return escrow.release(KEY, both.seller, dollars(40), reference="of the test", by=both.buyer, now=now)


def _refund(both: People, now: datetime) -> Entry:
    _hold(both, now)
    return escrow.refund(KEY, both.buyer, reference="of the test", by=both.buyer, now=now)


def _split(both: People, now: datetime) -> Entry:
    _hold(both, now)
    parts = {"refunded": dollars(20), "seller_share": dollars(24)}
    return escrow.split(KEY, both.buyer, both.seller, **parts, reference="of the test", by=both.buyer, now=now)


def _pay_fee(both: People, now: datetime) -> Entry:
    _hold_fee(both, now)
    by = both.buyer
    return escrow.release(KEY, both.seller, dollars(16), purpose=FOR_FEE, reference="of the test", by=by, now=now)


def _fee_back(both: People, now: datetime) -> Entry:
    _hold_fee(both, now)
    return escrow.refund(KEY, both.buyer, purpose=FOR_FEE, reference="of the test", by=both.buyer, now=now)


@pytest.mark.parametrize(
    ("step", "key", "verb"),
    [
        (_hold, "order:7:hold", "hold"),
        (_hold_more, "order:7:extra:hold", "hold"),
        (_hold_fee, "order:7:hold", "fee_hold"),
        (_release, "order:7:release", "release"),
        (_refund, "order:7:refund", "refund"),
        (_split, "order:7:split", "split"),
        (_pay_fee, "order:7:release", "fee_paid"),
        (_fee_back, "order:7:refund", "fee_back"),
    ],
)
def test_an_escrows_entry_names_key_deed_reference_person_and_moment(
    both: People, now: datetime, step: Callable[[People, datetime], Entry], key: str, verb: str
) -> None:
    made = step(both, now)
    entry = Entry.objects.get(pk=made.pk)
    assert (entry.key, entry.verb, entry.reference) == (key, verb, "of the test")
    assert (entry.by, entry.at) == (both.buyer, now)


def test_nobody_is_named_where_the_clock_acts(both: People, now: datetime) -> None:
    escrow.hold(KEY, both.buyer, dollars(50), reference="7", by=None, now=now)
    assert escrow.refund(KEY, both.buyer, reference="7", by=None, now=now).by is None


@pytest.mark.rule("ARB-04")
def test_a_split_returns_in_proportion_and_the_odd_cent_to_main(both: People, now: datetime) -> None:
    escrow.hold(KEY, both.buyer, Money(3702), reference="7", by=both.buyer, now=now)  # a third of it is bonus
    assert escrow.refund_parts(KEY, both.buyer, Money(1001)) == {
        ledger.main_of(both.buyer): Money(668),
        ledger.bonus_of(both.buyer): Money(333),
    }
    entry = escrow.split(
        KEY, both.buyer, both.seller, refunded=Money(1001), seller_share=Money(2160), reference="7", by=None, now=now
    )
    assert lines_of(entry) == {
        ledger.main_of(both.buyer).key: Money(668),
        ledger.bonus_of(both.buyer).key: Money(333),
        ledger.main_of(both.seller).key: Money(2160),
        ledger.escrow_of(KEY).key: Money(-3702),
        ledger.COMMISSION.key: Money(541),
    }


@pytest.mark.rule("ARB-04")
@pytest.mark.parametrize(("refunded", "share"), [(0, 10), (-1, 10), (10, -1), (2501, 2500), (5000, 1)])
def test_parts_beyond_what_is_held_are_refused(both: People, now: datetime, refunded: int, share: int) -> None:
    _hold(both, now)
    with pytest.raises(Overdrawn):
        escrow.split(
            KEY,
            both.buyer,
            both.seller,
            refunded=Money(refunded),
            seller_share=Money(share),
            reference="7",
            by=None,
            now=now,
        )
    assert escrow.held_in(KEY) == dollars(50)


@pytest.mark.rule("ARB-04")
@pytest.mark.parametrize(("refunded", "share"), [(1, 0), (1, 4999), (2500, 2500), (5000, 0)])
def test_parts_up_to_what_is_held_are_paid(both: People, now: datetime, refunded: int, share: int) -> None:
    _hold(both, now)
    people = both.buyer, both.seller
    escrow.split(KEY, *people, refunded=Money(refunded), seller_share=Money(share), reference="7", by=None, now=now)
    assert escrow.held_in(KEY) == ZERO
    assert ledger.balance(ledger.main_of(both.seller)) == Money(share)
    assert ledger.balance(ledger.COMMISSION) == Money(5000 - refunded - share)


def test_nothing_is_split_of_an_empty_escrow(both: People, now: datetime) -> None:
    with pytest.raises(NothingHeld):
        escrow.split(
            KEY, both.buyer, both.seller, refunded=Money(1), seller_share=ZERO, reference="7", by=None, now=now
        )


@pytest.mark.parametrize("cents", [0, 5000])
def test_a_share_may_be_nothing_or_everything(both: People, now: datetime, cents: int) -> None:
    _hold(both, now)
    escrow.release(KEY, both.seller, Money(cents), reference="7", by=None, now=now)
    assert ledger.balance(ledger.main_of(both.seller)) == Money(cents)
    assert ledger.balance(ledger.COMMISSION) == Money(5000 - cents)


@pytest.mark.rule("REV-05")
def test_a_fee_is_paid_from_the_main_balance_alone(both: People, now: datetime) -> None:
    with pytest.raises(ShortBalance, match=r"short by \$0.01") as refused:
        escrow.hold_fee(KEY, both.buyer, Money(10_001), reference="7", by=None, now=now)
    assert refused.value.missing == Money(1)
    entry = escrow.hold_fee(KEY, both.buyer, dollars(100), reference="7", by=None, now=now)
    assert lines_of(entry) == {ledger.main_of(both.buyer).key: -dollars(100), "escrow:order:7": dollars(100)}
    assert ledger.balance(ledger.bonus_of(both.buyer)) == Money(1234)


def test_what_was_never_filled_came_from_nowhere(both: People) -> None:
    nothing = {ledger.main_of(both.buyer): ZERO, ledger.bonus_of(both.buyer): ZERO}
    assert escrow.origins(KEY, both.buyer) == nothing
    assert escrow.refund_parts(KEY, both.buyer, ZERO) == nothing


def test_origins_are_of_this_escrow_alone(both: People, now: datetime) -> None:
    _hold(both, now)
    escrow.hold("order:8", both.buyer, dollars(3), reference="8", by=None, now=now)
    _hold_more(both, now)
    main, bonus = ledger.main_of(both.buyer), ledger.bonus_of(both.buyer)
    assert escrow.origins(KEY, both.buyer) == {main: Money(4266), bonus: Money(1234)}
    assert escrow.origins("order:8", both.buyer) == {main: dollars(3), bonus: ZERO}


class TestAccounts:
    """The places where money is, made at first use."""

    def test_each_says_its_kind_and_owner_and_whether_it_keeps_a_balance(self, both: People, now: datetime) -> None:
        _release(both, now)
        found = Account.objects.values_list("key", "kind", "owner", "kept")
        buyer, seller = both.buyer.pk, both.seller.pk
        assert set(found) == {
            (f"user:{buyer}:main", "main", buyer, True),
            (f"user:{buyer}:bonus", "bonus", buyer, True),
            (f"user:{seller}:main", "main", seller, True),
            ("escrow:order:7", "escrow", buyer, True),
            ("platform:commission", "commission", None, False),
            ("platform:promotion", "promotion", None, False),
            ("provider:stripe", "provider", None, False),
        }

    def test_places_have_keys_that_never_change(self, bea: User) -> None:
        assert ledger.payout_of("withdrawal:3", bea) == ledger.Place("payout:withdrawal:3", AccountKind.PAYOUT, bea.pk)
        assert ledger.chargeback_of(4) == ledger.Place("chargeback:4", AccountKind.CHARGEBACK)
        assert ledger.escrow_of("order:7") == ledger.Place("escrow:order:7", AccountKind.ESCROW)

    def test_asking_for_one_makes_it_once(self, bea: User) -> None:
        made = ledger.account_at(ledger.main_of(bea))
        assert (made.key, made.kind, made.owner_id, made.kept) == (f"user:{bea.pk}:main", "main", bea.pk, True)
        assert ledger.account_at(ledger.main_of(bea)).pk == made.pk
        assert Account.objects.count() == 1

    def test_locked_balances_are_those_asked_for(self, both: People) -> None:
        main, bonus, other = ledger.main_of(both.buyer), ledger.bonus_of(both.buyer), ledger.main_of(both.seller)
        assert ledger.locked_balances([bonus, main]) == {main: dollars(100), bonus: Money(1234)}
        assert ledger.locked_balances([other, main]) == {main: dollars(100), other: ZERO}
        assert (ledger.held_now(main), ledger.held_now(bonus), ledger.held_now(other)) == (
            dollars(100),
            Money(1234),
            ZERO,
        )

    def test_an_account_without_a_running_balance_is_the_sum_of_its_own_lines(
        self, both: People, now: datetime
    ) -> None:
        _release(both, now)
        lines = {ledger.PROCESSING: -dollars(2), ledger.COMMISSION: dollars(2)}
        ledger.post("fee of the provider", "provider_fee", lines, by=None, now=now)
        assert ledger.balance(ledger.COMMISSION) == dollars(12)
        assert ledger.balance(ledger.PROCESSING) == -dollars(2)
        assert ledger.balance(ledger.BANK) == ZERO


def test_lines_are_written_in_the_order_of_their_accounts(both: People, now: datetime) -> None:
    """Two entries that touch the same accounts then never wait for each other in a circle."""
    _split(both, now)
    keys = list(
        Posting.objects.filter(entry__key="order:7:split").order_by("id").values_list("account__key", flat=True)
    )
    assert len(keys) == 5
    assert keys == sorted(keys)


def test_moves_of_payments_are_written_in_the_order_of_their_numbers(bea: User, now: datetime) -> None:
    first, second = by_card(bea, dollars(5), now=now), by_card(bea, dollars(5), now=now)
    lines = {ledger.main_of(bea): -dollars(3), ledger.COMMISSION: dollars(3)}
    parts = {second.pk: -dollars(1), first.pk: -dollars(2)}
    entry = ledger.post("both", "bonus", lines, lots=parts, by=None, now=now)
    assert entry.reference == ""
    written = LotMove.objects.filter(entry=entry).order_by("id").values_list("lot_id", "amount")
    assert list(written) == [(first.pk, -dollars(2)), (second.pk, -dollars(1))]


def test_a_part_of_nothing_leaves_no_trace_on_a_payment(bea: User, now: datetime) -> None:
    first, second = by_card(bea, dollars(5), now=now), by_card(bea, dollars(5), now=now)
    lines = {ledger.main_of(bea): -dollars(3), ledger.COMMISSION: dollars(3)}
    entry = ledger.post("one", "bonus", lines, lots={first.pk: ZERO, second.pk: -dollars(3)}, by=None, now=now)
    assert list(LotMove.objects.filter(entry=entry).values_list("lot_id", flat=True)) == [second.pk]


def test_more_than_is_left_of_a_payment_is_refused(bea: User, now: datetime) -> None:
    give(bea, dollars(5), now=now)
    lot = by_card(bea, dollars(5), now=now)
    lines = {ledger.main_of(bea): -dollars(6), ledger.COMMISSION: dollars(6)}
    with pytest.raises(Overdrawn):
        ledger.post("too much", "bonus", lines, lots={lot.pk: -dollars(6)}, by=None, now=now)
    assert not Entry.objects.filter(key="too much").exists()


def test_what_the_database_refuses_for_another_reason_is_an_error(bea: User, now: datetime) -> None:
    give(bea, dollars(5), now=now)
    nowhere = ledger.Place("user:0:main", AccountKind.ESCROW)  # an escrow without an owner
    with pytest.raises(IntegrityError):
        ledger.post("lost", "bonus", {ledger.main_of(bea): -dollars(1), nowhere: dollars(1)}, by=None, now=now)
