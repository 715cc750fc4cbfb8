"""What a published rule is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.functional import Promise

from core import formats
from core.money import Money

Number = Money | timedelta | int | str


@dataclass(frozen=True)
class Rule:
    """A rule as people read it: its permanent id and a sentence whose numbers are the constants that the site runs.

    `later` says what of the rule is still to come; empty when it is built whole.
    """

    id: str
    text: str | Promise
    numbers: Mapping[str, Number] = field(default_factory=dict)
    later: str | Promise = ""

    def __str__(self) -> str:
        return str(self.text) % {name: written(number) for name, number in self.numbers.items()}


@dataclass(frozen=True)
class Row:
    """A rule that is one row of a table, printed from the table that the engine runs."""

    id: str
    cells: tuple[str | Promise, ...]
    numbers: Mapping[str, Number] = field(default_factory=dict)

    @property
    def written_cells(self) -> list[str]:
        numbers = {name: written(number) for name, number in self.numbers.items()}
        return [str(cell) % numbers for cell in self.cells]

    def __str__(self) -> str:
        return " · ".join(self.written_cells)


@dataclass(frozen=True)
class Chapter:
    """Rules that belong together; `rows` are printed as a table with these `columns`, before the others."""

    title: str | Promise
    rules: Sequence[Rule]
    columns: Sequence[str | Promise] = ()
    rows: Sequence[Row] = ()

    @property
    def lines(self) -> list[tuple[Row, list[tuple[str | Promise, str]]]]:
        """Each row with its cells, each cell with its column."""
        return [(row, list(zip(self.columns, row.written_cells, strict=True))) for row in self.rows]


def written(number: Number) -> str:
    """A rule's number as text: money in dollars, elapsed time in its usual unit."""
    if isinstance(number, Money):
        return formats.money(number)
    return formats.elapsed(number) if isinstance(number, timedelta) else str(number)
