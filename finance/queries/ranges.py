"""Finding a period in a long history without walking through it.

Lines of one account are numbered in the order in which its balance moved, and their times follow that order but for the moment
that a transaction waited. So the ends of a period are found by halving the numbers, DISORDER wide of it, and from there by a few
steps. A period is then everything between two numbers: nothing in it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

DISORDER = "interval '1 day'"  # more than any transaction waits
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Period:
    """From a moment until another one, which does not belong to it; empty is open."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_narrowed(self) -> bool:
        return self.since is not None or self.until is not None


@dataclass(frozen=True)
class Range:
    """The numbers of the first and the last line of an account in a period; nothing is in it when `first` > `last`."""

    first: int
    last: int


NOTHING = Range(1, 0)

# `low` and `high` halve until both ends meet at the least number from which on nothing is older than the moment.
_HALVED = """
    {name}(lo, hi) AS (
        SELECT (SELECT id FROM finance_posting WHERE account_id = %(account)s ORDER BY id LIMIT 1),
            (SELECT id FROM finance_posting WHERE account_id = %(account)s ORDER BY id DESC LIMIT 1) + 1
        UNION ALL
        SELECT CASE WHEN met.at < {moment} THEN met.id + 1 ELSE lo END,
            CASE WHEN met.at < {moment} THEN hi ELSE (lo + hi) / 2 END
        FROM {name} LEFT JOIN LATERAL (
            SELECT p.id, e.at FROM finance_posting p JOIN finance_entry e ON e.id = p.entry_id
            WHERE p.account_id = %(account)s AND p.id >= (lo + hi) / 2 ORDER BY p.id LIMIT 1
        ) met ON true
        WHERE lo < hi
    )
"""
_LOW = _HALVED.format(name="low", moment=f"%(since)s - {DISORDER}")
_HIGH = _HALVED.format(name="high", moment=f"%(until)s + {DISORDER}")
_ENDS = f"""
WITH RECURSIVE {_LOW}, {_HIGH}
SELECT (
    SELECT p.id FROM finance_posting p JOIN finance_entry e ON e.id = p.entry_id
    WHERE p.account_id = %(account)s AND p.id >= (SELECT max(lo) FROM low) AND e.at >= %(since)s ORDER BY p.id LIMIT 1
), (
    SELECT p.id FROM finance_posting p JOIN finance_entry e ON e.id = p.entry_id
    WHERE p.account_id = %(account)s AND p.id < (SELECT max(lo) FROM high) AND e.at < %(until)s ORDER BY p.id DESC LIMIT 1
)
"""  # noqa: S608 - made of nothing but the constants above


def ends(account_id: int, period: Period) -> Range:
    """Where an account's lines of a period begin and end, in one query that is as fast in a long history as in a short one."""
    values: dict[str, int | datetime] = {
        "account": account_id,
        "since": period.since or BEGINNING,
        "until": period.until or END,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, values)
        first, last = cursor.fetchone()
    return NOTHING if first is None or last is None else Range(first, last)
