"""The statement as a table for spreadsheets (CSV)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import Posting

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it some spreadsheets take UTF-8 for something else
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LINES_AT_ONCE = 500


def table(rows: Iterable[Posting]) -> Iterator[str]:
    """The file in pieces, while the lines come; times in the current time zone, amounts in dollars with a point."""
    file = StringIO()
    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file)
    head = [_("Number"), _("Date"), _("What"), _("For"), _("Balance"), _("Amount"), _("Balance after")]
    writer.writerow(map(harmless, head))
    for count, posting in enumerate(rows, start=1):
        writer.writerow(_cells(posting))
        if count % LINES_AT_ONCE == 0:
            yield _taken(file)
    yield _taken(file)


def harmless(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe, so that nobody's words are ever run."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _cells(posting: Posting) -> list[str]:
    entry = posting.entry
    at = timezone.localtime(entry.at).isoformat(sep=" ", timespec="seconds")
    texts = [at, str(entry.get_verb_display()), entry.reference, str(posting.account.get_kind_display())]
    # Amounts are our own figures: an apostrophe would keep them from being added up.
    return [str(posting.pk), *map(harmless, texts), str(posting.amount), str(posting.balance_after or "0.00")]


def _taken(file: StringIO) -> str:
    text = file.getvalue()
    file.seek(0)
    file.truncate()
    return text
