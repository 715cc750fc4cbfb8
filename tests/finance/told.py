"""Statements for the tests of what they prove: three sealed days of Bea's and Sam's, and one that is not over."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import User
from core.money import dollars
from finance.queries.ranges import Period
from finance.seals.sealing import seal_what_is_over
from finance.statements.proven import statement
from tests.finance.seals import DAY, earn
from tests.stage import give_bonus

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = NOON + 4 * DAY
Json = dict[str, Any]


@pytest.fixture
def history(bea: User, sam: User) -> User:
    """Bea's and Sam's lines of three days that are sealed, and one of today that is not."""
    for day in range(3):
        for user in (bea, sam, bea):
            earn(user, now=NOON + day * DAY)
    give_bonus(bea, dollars(7), now=NOON + DAY)
    seal_what_is_over(NOON + 3 * DAY)
    earn(bea, now=NOON + 3 * DAY)
    return bea


@pytest.fixture
def good(history: User) -> Json:
    """Bea's statement as the site gives it."""
    return made(history)


def made(user: User, period: Period | None = None) -> Json:
    found: Json = json.loads(json.dumps(statement(user, period or Period(), (None, None), now=NOW)))
    return found
