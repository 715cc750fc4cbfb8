"""Which postings a seal covers, and what of each is sealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

from finance.models import SealedDay

Facts = dict[str, Any]

# `before` is the line before it on the same account: with it nothing can be left out of a statement unseen. Accounts without
# a running balance have no order of their own.
_LINES = """
SELECT p.id, e.key, e.verb, e.reference, e.at, a.key, p.amount, p.balance_after,
    CASE WHEN a.kept THEN (
        SELECT b.id FROM finance_posting b WHERE b.account_id = p.account_id AND b.id < p.id ORDER BY b.id DESC LIMIT 1
    ) END,
    a.kind
FROM finance_entry e JOIN finance_posting p ON p.entry_id = e.id JOIN finance_account a ON a.id = p.account_id
"""
FIRST = f"{_LINES} WHERE e.at < %(until)s AND e.txid < %(horizon)s ORDER BY p.id"
# The days' sets are nested, so what is new is what is new by time, or came after an earlier horizon.
NEXT = f"""
{_LINES}
WHERE (e.at >= %(since)s AND e.at < %(until)s AND e.txid < %(horizon)s)
    OR (e.at < %(since)s AND e.txid >= %(before)s AND e.txid < %(horizon)s)
ORDER BY p.id
"""
NAMED = f"{_LINES} WHERE p.id = ANY(%(ids)s) ORDER BY p.id"


@dataclass(frozen=True)
class Bounds:
    """A seal covers what was booked before `until` by transactions before `horizon`; so do all seals up to it together."""

    until: datetime
    horizon: int

    @classmethod
    def of(cls, day: SealedDay) -> Bounds:
        return cls(day.until, day.horizon)


def end_of(day: date) -> datetime:
    """When a day is over, in UTC."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)


def covered(bounds: Bounds, earlier: Bounds | None) -> Iterator[tuple[Facts, str]]:
    """What a seal covers beyond the one before it: the facts of each posting and its account's kind, by number."""
    values: dict[str, Any] = {"until": bounds.until, "horizon": bounds.horizon}
    if earlier is None:
        return _walk(FIRST, values)
    return _walk(NEXT, {**values, "since": earlier.until, "before": earlier.horizon})


def named(ids: Sequence[int]) -> Iterator[tuple[Facts, str]]:
    """The facts of these postings."""
    return _walk(NAMED, {"ids": list(ids)})


def _walk(sql: str, values: dict[str, Any]) -> Iterator[tuple[Facts, str]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        for number, key, verb, reference, at, account, amount, balance_after, before, kind in cursor:
            facts = {
                "id": number,
                "entry": key,
                "verb": verb,
                "reference": reference,
                "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
                "account": account,
                "amount": amount,
                "balance_after": balance_after,
                "before": before,
            }
            yield facts, kind
