"""What a month earns a group's head, by the scheme's terms (GRP-01): pure computation, for the monthly run and for the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.money import ZERO, Money


@dataclass(frozen=True)
class Terms:
    """The scheme as it is set: rates in basis points, least sums of a month's commission in cents.

    `levels` has the rate of each level of the group, the head's own referrals first; `cap` limits all rewards of a month
    together, as a share of the commission they are computed from.
    """

    levels: tuple[int, ...]
    growth: int
    director: int
    director_least: Money
    work: int
    work_least: Money
    cap: int

    @property
    def as_json(self) -> dict[str, Any]:
        return {name: value["cents"] if isinstance(value, dict) else value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Month:
    """The commission of one month, in cents: from the head's own orders, from each level, and from the group a month before."""

    own: Money
    levels: tuple[Money, ...]
    before: Money

    @property
    def group(self) -> Money:
        return Money.total(self.levels)

    def grown(self, days: int, of: int) -> Month:
        """What the whole month of `of` days will come to, if it goes on as in its first `days`."""
        whole = [Money(amount.cents * of // days) for amount in (self.own, *self.levels)]
        return Month(whole[0], tuple(whole[1:]), self.before)


@dataclass(frozen=True)
class Line:
    """One line of a month's computation: `rate` basis points of `base`, rounded down; `level` only for the group reward."""

    kind: str
    base: Money
    rate: int
    level: int = 0

    @property
    def amount(self) -> Money:
        return self.base.share(self.rate)


def lines(month: Month, terms: Terms) -> list[Line]:
    """Everything that the month earns before the limit; what earns nothing is a line as well, so that the page can show it."""
    rise = max(ZERO, month.group - month.before)
    return [
        *(
            Line("group", base, rate, level)
            for level, (base, rate) in enumerate(zip(month.levels, terms.levels, strict=True), 1)
        ),
        Line("growth", rise, terms.growth),
        Line("director", month.group if month.group >= terms.director_least else ZERO, terms.director),
        Line("work", month.own if month.own >= terms.work_least else ZERO, terms.work),
    ]


def within(wanted: Sequence[Money], limit: Money) -> list[Money]:
    """The amounts, or if together they exceed the limit, their shares of it."""
    if Money.total(wanted) <= limit:
        return list(wanted)
    return limit.split([amount.cents for amount in wanted])
