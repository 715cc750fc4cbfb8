"""Money: whole cents, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import BASIS_POINTS, ZERO, Money, dollars

cents = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", 1000), ("10.5", 1050), ("10.05", 1005), ("$1,234.50", 123450), (" 0.99 ", 99), ("-3.20", -320), ("0", 0)],
)
def test_amounts_are_read_as_people_write_them(text: str, expected: int) -> None:
    assert Money.parse(text) == Money(expected)


@pytest.mark.parametrize(
    "text", ["", "ten", "1.234", "1,23", "12,34.50", "1e3", "NaN", "1.", ".5", "--1", "٣", "1 000"]
)
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text)


@pytest.mark.parametrize("value", [1.0, "1", True, None])
def test_money_takes_whole_cents_only(value: object) -> None:
    with pytest.raises(TypeError):
        Money(value)  # type: ignore[arg-type]


@given(cents)
def test_what_is_written_is_read_back(amount: int) -> None:
    assert Money.parse(str(Money(amount))) == Money(amount)


@given(cents, weights)
def test_a_split_loses_no_cent_and_stays_within_a_cent_of_fair(amount: int, by: list[int]) -> None:
    parts = Money(amount).split(by)
    assert Money.total(parts) == Money(amount)
    for part, weight in zip(parts, by, strict=True):
        assert abs(part.cents * sum(by) - amount * weight) < sum(by)


@given(st.integers(0, 10**12), st.integers(0, BASIS_POINTS))
def test_a_share_is_rounded_down_so_the_rest_keeps_the_odd_cent(amount: int, rate: int) -> None:
    share = Money(amount).share(rate)
    assert ZERO <= share <= Money(amount)
    assert 0 <= amount * rate - share.cents * BASIS_POINTS < BASIS_POINTS


def test_the_sellers_share_of_ten_dollars_is_eight() -> None:
    assert dollars(10).share(8_000) == dollars(8)


def test_weights_must_mean_something() -> None:
    for bad in ([0, 0], [-1, 2]):
        with pytest.raises(ValueError, match="weights"):
            dollars(1).split(bad)


def test_amounts_compare_and_count() -> None:
    assert dollars(2) > dollars(1) >= dollars(1)
    assert dollars(3) * 2 - dollars(1) == dollars(5) == Money.total([dollars(2), dollars(3)])
    assert not ZERO
    assert -dollars(1) < ZERO
