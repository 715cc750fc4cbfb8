"""The statement as a table, in pieces that the reader gets while the lines come (FIN-06)."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from io import StringIO
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from core.money import dollars
from finance.queries import history
from finance.statements import table
from tests.stage import give

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-06")]


def test_each_line_is_given_once_in_pieces_of_so_many(
    bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "LINES_AT_ONCE", 2)
    for nth in range(5):
        give(bea, dollars(nth + 1), now=now + timedelta(minutes=nth, microseconds=7))
    pieces = list(table.table(history.oldest_first(bea, history.Wanted()), ZoneInfo("Europe/Berlin")))
    assert [piece.count("\r\n") for piece in pieces] == [3, 2, 1]
    _head, *lines = csv.reader(StringIO("".join(pieces)))
    assert [line[1] for line in lines] == [f"2026-03-02 10:0{nth}:00+01:00" for nth in range(5)]
    assert [line[5] for line in lines] == [f"{nth}.00" for nth in range(1, 6)]
    assert all(int(earlier[0]) < int(later[0]) for earlier, later in pairwise(lines))
