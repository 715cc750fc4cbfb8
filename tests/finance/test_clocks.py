"""When things of money happen next, and what they cost: the arithmetic of finance/rules.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.money import Money
from finance.rules import (
    CHECK_AFTER,
    CHECK_EVERY,
    TRY_AFTER,
    TRY_EVERY,
    business_time,
    next_check,
    next_try,
    payment_date,
    withdrawal_fee,
)

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SIX = 6 * HOUR
NEW_YORK = timezone(timedelta(hours=-5))


@pytest.mark.rule("WDR-03")
@pytest.mark.parametrize(
    ("asked", "paid"),
    [
        (timedelta(), SIX),
        (SIX - INSTANT, SIX),
        (SIX, 2 * DAY + SIX),  # what comes at that hour waits for the next date
        (SIX + timedelta(minutes=59, seconds=59, microseconds=7), 2 * DAY + SIX),
        (DAY, 2 * DAY + SIX),
        (2 * DAY + SIX - INSTANT, 2 * DAY + SIX),
        (2 * DAY + 7 * HOUR, 4 * DAY + SIX),
        (4 * DAY + SIX, 7 * DAY + SIX),  # over the weekend
        (6 * DAY, 7 * DAY + SIX),
    ],
)
def test_payments_go_out_on_mondays_wednesdays_and_fridays_at_six(asked: timedelta, paid: timedelta) -> None:
    assert payment_date(MONDAY + asked) == MONDAY + paid
    assert payment_date((MONDAY + asked).astimezone(NEW_YORK)) == MONDAY + paid


@pytest.mark.rule("WDR-01")
@pytest.mark.parametrize(("cents", "fee"), [(1000, 45), (1001, 45), (1022, 45), (1023, 46), (100_000, 4500)])
def test_a_withdrawal_costs_four_and_a_half_percent_rounded_down(cents: int, fee: int) -> None:
    assert withdrawal_fee(Money(cents)) == Money(fee)


@pytest.mark.rule("FIN-02")
def test_a_payment_is_looked_at_after_each_wait_and_then_every_six_hours() -> None:
    moment, seen = MONDAY, []
    for _ in CHECK_AFTER:
        moment = next_check(MONDAY, moment)
        seen.append(moment - MONDAY)
    assert tuple(seen) == CHECK_AFTER
    assert next_check(MONDAY, moment - INSTANT) == moment
    assert next_check(MONDAY, moment) == moment + CHECK_EVERY


@pytest.mark.rule("WDR-04")
def test_a_withdrawal_is_tried_again_after_ever_longer_waits() -> None:
    waits = [next_try(tries, MONDAY) - MONDAY for tries in range(len(TRY_AFTER) + 3)]
    assert waits == [TRY_EVERY, *TRY_AFTER, TRY_EVERY, TRY_EVERY]


@pytest.mark.rule("PAY-01")
@pytest.mark.parametrize(
    ("begun", "ended", "hours"),
    [
        (timedelta(), timedelta(), 0),
        (HOUR, 3 * HOUR, 2),
        (DAY, HOUR, 0),  # never less than nothing
        (23 * HOUR, DAY + HOUR, 2),
        (4 * DAY + 23 * HOUR, 7 * DAY + HOUR, 2),  # Friday evening to Monday morning
        (5 * DAY, 7 * DAY, 0),
        (5 * DAY + HOUR, 7 * DAY + 2 * HOUR, 2),
        (timedelta(minutes=30), DAY + timedelta(minutes=30), 24),
    ],
)
def test_business_time_leaves_weekends_out(begun: timedelta, ended: timedelta, hours: int) -> None:
    assert business_time(MONDAY + begun, MONDAY + ended) == hours * HOUR
    assert business_time((MONDAY + begun).astimezone(NEW_YORK), (MONDAY + ended).astimezone(NEW_YORK)) == hours * HOUR


@pytest.mark.rule("PAY-01")
def test_a_weekend_begins_and_ends_at_midnight_to_the_instant() -> None:
    noon = MONDAY + timedelta(hours=12, minutes=34, seconds=56, microseconds=78)
    assert business_time(noon + 4 * DAY, MONDAY + 7 * DAY) == MONDAY + DAY - noon
    assert business_time(noon + 4 * DAY, noon + 7 * DAY) == DAY


def test_business_time_counts_every_second_of_a_day_once() -> None:
    begun = MONDAY + timedelta(minutes=12, seconds=34, microseconds=56)
    assert business_time(begun, begun + 3 * DAY) == 3 * DAY
