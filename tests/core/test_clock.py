"""The site's clock: the time machine moves it forward in development, and nothing moves it elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from core import clock
from core.models import ClockShift

DAY = timedelta(days=1)
SLACK = timedelta(seconds=5)


def ahead() -> timedelta:
    return clock.now() - datetime.now(UTC)


@pytest.mark.django_db
def test_the_clock_is_the_machines_until_it_is_moved() -> None:
    assert abs(ahead()) < SLACK
    assert clock.shift() == timedelta()


@pytest.mark.django_db
def test_moves_add_up() -> None:
    clock.move_forward(DAY)
    clock.move_forward(timedelta(minutes=20))
    assert abs(ahead() - DAY - timedelta(minutes=20)) < SLACK
    assert ClockShift.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("step", [timedelta(), -DAY])
def test_the_clock_never_goes_back(step: timedelta) -> None:
    with pytest.raises(ValueError, match="forward only"):
        clock.move_forward(step)
    assert not ClockShift.objects.exists()


@pytest.mark.django_db
def test_without_development_tools_the_clock_cannot_be_moved(settings: Settings) -> None:
    settings.DEV_TOOLS = False
    with pytest.raises(RuntimeError, match="DEV_TOOLS"):
        clock.move_forward(DAY)
    assert not ClockShift.objects.exists()


@pytest.mark.django_db
def test_without_development_tools_a_moved_clock_does_not_count_and_costs_no_query(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    clock.move_forward(DAY)
    settings.DEV_TOOLS = False
    with django_assert_num_queries(0):
        assert abs(ahead()) < SLACK
        assert clock.shift() == timedelta()
