"""The statement as a table for spreadsheets (CSV)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from io import StringIO

from django.utils.translation import gettext as _

from finance.models import AccountKind, Verb
from finance.queries.history import Line
from finance.queries.naming import name_of

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it some spreadsheets take UTF-8 for something else
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LINES_AT_ONCE = 500


def table(lines: Iterable[Line], zone: tzinfo) -> Iterator[str]:
    """The file in pieces, while the lines come; times in that zone, amounts in dollars with a point.

    The zone is given, because the pieces are made after the request has ended, and with it the user's current zone.
    """
    file = StringIO()
    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file)
    head = [_("Number"), _("Date"), _("What"), _("For"), _("Balance"), _("Amount"), _("Balance after")]
    writer.writerow(map(harmless, head))
    kinds, balances = ({str(value): str(label) for value, label in names.choices} for names in (Verb, AccountKind))
    for count, line in enumerate(lines, start=1):
        writer.writerow(_cells(line, kinds[line.verb], balances[line.kind], zone))
        if count % LINES_AT_ONCE == 0:
            yield _taken(file)
    yield _taken(file)


def harmless(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe, so that nobody's words are ever run."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _cells(line: Line, kind: str, balance: str, zone: tzinfo) -> list[str]:
    at = line.at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    texts = [at, kind, str(name_of(line.verb, line.reference, line.code)), balance]
    # Amounts are our own figures: an apostrophe would keep them from being added up.
    return [str(line.number), *map(harmless, texts), str(line.amount), str(line.balance_after)]


def _taken(file: StringIO) -> str:
    text = file.getvalue()
    file.seek(0)
    file.truncate()
    return text
