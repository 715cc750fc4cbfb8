"""How prices and lead times add up (CAT-02, CAT-04, CAT-05, CAT-06)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money, dollars
from kworks import rules
from kworks.rules import Line, lead_hours, seller_share, total

DAY = rules.HOURS_A_DAY
prices = st.integers(min_value=0, max_value=rules.PRICE_MOST.cents).map(Money)
quantities = st.integers(min_value=1, max_value=rules.QUANTITY_MOST)
lead_days = st.integers(min_value=1, max_value=rules.LEAD_DAYS_MOST)
extras = st.lists(
    st.builds(
        Line,
        prices,
        quantities,
        st.integers(min_value=-rules.EXTRA_DAYS_MOST, max_value=rules.EXTRA_DAYS_MOST),
    ),
    max_size=rules.EXTRAS_MOST,
)


@pytest.mark.rule("CAT-02")
def test_the_least_price_leaves_the_seller_eight_dollars() -> None:
    assert dollars(10) == rules.PRICE_LEAST
    assert seller_share(rules.PRICE_LEAST) == dollars(8)


@pytest.mark.rule("CAT-04")
def test_the_bounds_of_extras_are_those_of_the_rule() -> None:
    assert rules.EXTRAS_MOST == 10
    assert (rules.EXTRA_PRICE_LEAST, seller_share(rules.EXTRA_PRICE_LEAST)) == (dollars(4), Money(320))
    assert (rules.EXTRA_PRICE_MOST, seller_share(rules.EXTRA_PRICE_MOST)) == (dollars(200), dollars(160))


@pytest.mark.rule("CAT-05")
def test_total_is_units_times_price_plus_extras() -> None:
    assert total(Line(dollars(50), 3, 4), [Line(dollars(10), 2, 1), Line(Money(450), 1, 0)]) == Money(17_450)


@pytest.mark.rule("CAT-06")
@pytest.mark.parametrize(
    ("days", "units", "expected"),
    [(4, 1, 96), (4, 3, 8 * DAY), (1, 1, DAY), (1, 2, 36), (1, 3, 2 * DAY), (5, 2, 180)],
)
def test_the_first_unit_counts_whole_and_every_further_one_half(days: int, units: int, expected: int) -> None:
    assert lead_hours(Line(dollars(10), units, days), []) == expected


@pytest.mark.rule("CAT-06")
@pytest.mark.parametrize(
    ("extra_days", "quantity", "expected"),
    [(1, 2, 6 * DAY), (-1, 1, 3 * DAY), (-3, 1, DAY), (-4, 1, DAY), (-30, 5, DAY)],
)
def test_extras_add_or_save_their_days_down_to_one(extra_days: int, quantity: int, expected: int) -> None:
    assert lead_hours(Line(dollars(10), 1, 4), [Line(dollars(5), quantity, extra_days)]) == expected


@pytest.mark.rule("CAT-05")
@given(price=prices, units=quantities, chosen=extras)
def test_the_total_of_any_choice_is_the_sum_of_its_parts(price: Money, units: int, chosen: list[Line]) -> None:
    whole = total(Line(price, units, 1), chosen)
    assert whole == total(Line(price, units, 1), []) + Money.total(line.price * line.quantity for line in chosen)
    assert whole.cents >= price.cents * units


@pytest.mark.rule("CAT-06")
@given(days=lead_days, units=quantities, chosen=extras)
def test_any_choice_takes_a_day_or_more_and_units_never_save_time(days: int, units: int, chosen: list[Line]) -> None:
    hours = lead_hours(Line(dollars(10), units, days), chosen)
    more = lead_hours(Line(dollars(10), units + 1, days), chosen)
    assert hours >= DAY
    assert hours <= more <= hours + days * DAY // 2


@pytest.mark.rule("CAT-02")
@given(price=prices)
def test_share_and_commission_add_up_to_the_price(price: Money) -> None:
    share = seller_share(price)
    commission = price - share
    assert share + commission == price
    assert 0 <= commission.cents - price.cents // 5 <= 1, "the odd cent goes to the commission"
