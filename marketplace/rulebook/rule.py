"""What a published rule is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.functional import Promise

from core import formats
from core.money import BASIS_POINTS, Money

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


def written(number: Number) -> str:
    """A rule's number as text: money in dollars, elapsed time in its usual unit."""
    if isinstance(number, Money):
        return formats.money(number)
    return formats.elapsed(number) if isinstance(number, timedelta) else str(number)


def percent(basis_points: int) -> str:
    """A share in percent, without needless zeros: 20 %, 4.5 %."""
    whole, rest = divmod(basis_points, BASIS_POINTS // 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + " %"
