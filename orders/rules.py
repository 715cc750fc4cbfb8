"""The numbers of an order's life, and the terms an order is pinned to when it is placed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from finance.rules import COMMISSION_BASIS_POINTS

START_WITHIN = timedelta(hours=24)  # ORD-05
REVIEW_WITHIN = timedelta(days=3)  # ORD-08
MISTAKE_WITHIN = timedelta(minutes=20)  # CAN-01
SWEEP_EVERY = timedelta(minutes=1)  # ORD-16
MESSAGE_MOST = 5_000
FILES_MOST = 10
NUMBER_DIGITS = 8
QUOTED_MOST = 300  # characters of a message in its notice
ORDERS_PER_PAGE = 20
SHOWN_AGAIN_EVERY = timedelta(seconds=10)  # how often an open order page asks what is new

# What ended an order (an outcome's cause), in words for both sides.
CAUSES: dict[str, str | Promise] = {
    "ORD-05": _("The seller did not start in time"),
    "CAN-01": _("Ordered by mistake"),
    "CAN-02": _("Not done on time"),
}


def too_many_files() -> str:
    """What is said to somebody who sends more files than FILES_MOST."""
    words = ngettext("At most %(most)s file at a time.", "At most %(most)s files at a time.", FILES_MOST)
    return words % {"most": FILES_MOST}


@dataclass(frozen=True)
class Terms:
    """What an order was placed under; later changes of the rules do not touch it. Durations in seconds.

    The defaults stand in for a term that came in after the order was placed.
    """

    commission_basis_points: int = COMMISSION_BASIS_POINTS
    start_within_seconds: int = int(START_WITHIN.total_seconds())
    review_within_seconds: int = int(REVIEW_WITHIN.total_seconds())
    mistake_within_seconds: int = int(MISTAKE_WITHIN.total_seconds())

    @classmethod
    def today(cls) -> Terms:
        return cls(
            commission_basis_points=COMMISSION_BASIS_POINTS,
            start_within_seconds=int(START_WITHIN.total_seconds()),
            review_within_seconds=int(REVIEW_WITHIN.total_seconds()),
            mistake_within_seconds=int(MISTAKE_WITHIN.total_seconds()),
        )

    def as_json(self) -> dict[str, int]:
        return asdict(self)

    @property
    def start_within(self) -> timedelta:
        return timedelta(seconds=self.start_within_seconds)

    @property
    def review_within(self) -> timedelta:
        return timedelta(seconds=self.review_within_seconds)

    @property
    def mistake_within(self) -> timedelta:
        return timedelta(seconds=self.mistake_within_seconds)
