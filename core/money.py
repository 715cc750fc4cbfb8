"""Money as whole cents of US dollars, and shares of it that never lose a cent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import total_ordering

BASIS_POINTS = 10_000
_AMOUNT = re.compile(r"(?P<sign>-?)\$?(?P<dollars>\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(?P<cents>\d{1,2}))?", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount of US dollars in whole cents; it adds, subtracts and multiplies by whole numbers only."""

    cents: int

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise TypeError(f"Money takes whole cents, not {self.cents!r}")

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read `10`, `10.5`, `1,234.50` or `$10.50`; anything else raises ValueError."""
        found = _AMOUNT.fullmatch(text.strip())
        if not found:
            raise ValueError(f"{text!r} is not an amount of money")
        cents = int(found["dollars"].replace(",", "")) * 100 + int((found["cents"] or "0").ljust(2, "0"))
        return cls(-cents if found["sign"] else cents)

    @classmethod
    def total(cls, amounts: Iterable[Money]) -> Money:
        return cls(sum(amount.cents for amount in amounts))

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - other.cents)

    def __mul__(self, times: int) -> Money:
        return Money(self.cents * times)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(-self.cents)

    def __lt__(self, other: Money) -> bool:
        return self.cents < other.cents

    def __bool__(self) -> bool:
        return self.cents != 0

    def __str__(self) -> str:
        whole, cents = divmod(abs(self.cents), 100)
        return f"{'-' if self.cents < 0 else ''}{whole}.{cents:02d}"

    def share(self, basis_points: int) -> Money:
        """This many hundredths of a percent, rounded down to the cent; the rest belongs to the other party."""
        return Money(self.cents * basis_points // BASIS_POINTS)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to `weights` that add up exactly; odd cents go to the largest remainders, first first."""
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must not be negative and must not all be zero")
        floors = [self.cents * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(self.cents * weights[i] % total), i))
        for index in by_remainder[: self.cents - sum(floors)]:
            floors[index] += 1
        return [Money(cents) for cents in floors]


ZERO = Money(0)


def dollars(whole: int) -> Money:
    """Whole dollars as Money, for the tables of the rules."""
    return Money(whole * 100)
