"""The numbers of what is sold, and how prices and lead times add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.money import BASIS_POINTS, Money, dollars
from finance.rules import COMMISSION_BASIS_POINTS

PRICE_LEAST = dollars(10)  # CAT-02
PRICE_MOST = dollars(10_000)
PRICE_STEP = dollars(5)
TITLE_LEAST = 8
TITLE_MOST = 80
DESCRIPTION_LEAST = 30
DESCRIPTION_MOST = 5_000
VOLUME_MOST = 200
INSTRUCTION_MOST = 2_000
LEAD_DAYS_MOST = 90
QUANTITY_MOST = 100
EXTRAS_MOST = 10  # CAT-04
EXTRA_PRICE_LEAST = dollars(4)  # CAT-04: seller share $3.20
EXTRA_PRICE_MOST = dollars(200)  # CAT-04: seller share $160.00
EXTRA_TITLE_MOST = 80
EXTRA_DAYS_MOST = 30
NUMBER_MOST = 1_000_000  # of an attribute
IMAGES_MOST = 8
CARD_SIZE = (640, 427)  # pixels, 3:2
LARGE_SIZE = (1280, 853)
DRAFT_CHARACTERS_MOST = 60_000  # of everything typed into one draft, so that autosave cannot fill the disk
ID_MOST = 10**18 - 1  # fits the database's largest number
MODERATION_DAYS = 3  # CAT-18
MODERATION_WARN_DAYS = 2
REASON_MOST = 1_000
HOURS_A_DAY = 24
KWORKS_PER_PAGE = 24
COUNT_MOST = 1_000  # lists count no further, so that a page costs the same among a million kworks
SEARCH_MATCHES_MOST = 20_000  # matches that one search looks at
SEARCH_RANKED_MOST = 2_000  # matches that one search puts in order
SIMILAR_MOST = 4


def seller_share(price: Money) -> Money:
    """What the seller receives of a buyer price, in cents; an odd cent goes to the commission."""
    return price.share(BASIS_POINTS - COMMISSION_BASIS_POINTS)


@dataclass(frozen=True)
class Line:
    """One thing ordered: a price, a quantity, and the days that one of it adds (negative: saves)."""

    price: Money
    quantity: int
    days: int

    @property
    def total(self) -> Money:
        return self.price * self.quantity


def total(base: Line, extras: Iterable[Line]) -> Money:
    """CAT-05: units times price plus the extras."""
    return base.total + Money.total(extra.total for extra in extras)


def further_hours(days: int, quantity: int) -> int:
    """Elapsed hours of several units: the first counts whole, every further one half (CAT-06)."""
    return days * HOURS_A_DAY // 2 * (quantity + 1)


def lead_hours(base: Line, extras: Iterable[Line]) -> int:
    """CAT-06: the first unit counts whole, every further one half; extras add or save their days; never under one day."""
    hours = further_hours(base.days, base.quantity)
    hours += sum(extra.days * extra.quantity * HOURS_A_DAY for extra in extras)
    return max(hours, HOURS_A_DAY)
