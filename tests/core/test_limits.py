"""Nobody does the same thing without end in a short time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from core.limits import Limit, TooOften
from marketplace.launcher.ports import free_port
from tests.core.threads import at_once

MINUTE = timedelta(minutes=1)
WRITING = Limit("writing", most=3, within=MINUTE)


def _times(limit: Limit, by: User, now: datetime, *, tries: int = 9) -> int:
    done = 0
    for _try in range(tries):
        try:
            limit.count(by=by, now=now)
        except TooOften:
            continue
        done += 1
    return done


def test_so_often_and_not_more_often(bea: User, now: datetime) -> None:
    assert _times(WRITING, bea, now) == 3
    with pytest.raises(TooOften, match=r"3 times within 1 minute\. Please wait"):
        WRITING.count(by=bea, now=now)


def test_others_other_things_and_later_have_counts_of_their_own(bea: User, sam: User, now: datetime) -> None:
    assert _times(WRITING, bea, now) == 3
    assert _times(WRITING, sam, now) == 3
    assert _times(Limit("asking", most=2, within=MINUTE), bea, now) == 2
    assert _times(WRITING, bea, now + MINUTE) == 3


def test_many_at_once_are_counted_one_by_one(bea: User, now: datetime) -> None:
    counts = at_once(*[lambda: _times(WRITING, bea, now, tries=2)] * 4)
    assert sum(count for count in counts if isinstance(count, int)) == 3


def test_without_a_cache_there_is_no_limit(bea: User, now: datetime, settings: Settings) -> None:
    lost = {"default": {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}}
    settings.CACHES = lost
    assert _times(WRITING, bea, now, tries=4) == 4
