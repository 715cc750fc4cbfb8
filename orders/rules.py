"""The numbers of an order's life, and the terms an order is pinned to when it is placed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.limits import Limit
from core.money import BASIS_POINTS, Money
from finance.rules import COMMISSION_BASIS_POINTS

START_WITHIN = timedelta(hours=24)  # ORD-05
REVIEW_WITHIN = timedelta(days=3)  # ORD-08
MISTAKE_WITHIN = timedelta(minutes=20)  # CAN-01
IDLE_AFTER = timedelta(weeks=2)  # ORD-10
IDLE_WARNINGS = (timedelta(days=3), timedelta(days=1))  # ORD-10: both sides are told so long before
SILENT_AFTER = timedelta(hours=24)  # CAN-04, CAN-07, CAN-12
ANSWER_WITHIN = timedelta(days=2)  # CAN-15
REJECT_WITHIN = timedelta(days=20)  # REV-03
MEDIATE_WITHIN = timedelta(days=7)  # REV-05: for the proposal, and then for both sides' answers
SWEEP_EVERY = timedelta(minutes=1)  # ORD-16
MESSAGE_MOST = 5_000
FILES_MOST = 10
CHOICES_WAIT = timedelta(days=30)  # how long a choice in checkout is spoken of when money arrives
CHOICES_LOOKED_AT = 5  # of the newest
OFFERS_MOST = 5  # that wait for the buyer's answer at a time (ORD-14)
NUMBER_DIGITS = 8
QUOTED_MOST = 300  # characters of a message in its notice
ORDERS_PER_PAGE = 20
READ_NOTED_EVERY = timedelta(minutes=10)  # staff who look at one order again and again are noted once
WRITE_LIMIT = Limit("order-writing", 30, timedelta(minutes=10))  # messages, deliveries and offers of one person
CALENDAR_LIMIT = Limit("order-calendar", 60, timedelta(hours=1))  # of one address, whoever reads it
SHOWN_AGAIN_EVERY = timedelta(seconds=10)  # how often an open order page asks what is new

# What ended an order (an outcome's cause), in words for both sides.
CAUSES: dict[str, str | Promise] = {
    "ORD-05": _("The seller did not start in time"),
    "ORD-10": _("Nothing happened for too long"),
    "CAN-01": _("Ordered by mistake"),
    "CAN-02": _("Not done on time"),
    "CAN-03": _("Misunderstanding with the seller"),
    "CAN-04": _("No contact with the seller"),
    "CAN-05": _("Another reason, not the seller's fault"),
    "CAN-06": _("The result does not match the kwork"),
    "CAN-07": _("The seller is busy"),
    "CAN-08": _("The requirements do not match the kwork"),
    "CAN-09": _("The buyer did not send the information needed"),
    "CAN-10": _("Misunderstanding with the buyer"),
    "CAN-11": _("The seller has no time"),
    "CAN-12": _("No contact with the buyer"),
    "CAN-13": _("Another reason on the seller's side"),
    "CAN-14": _("Prohibited content"),
    "ARB-04": _("Decided in arbitration"),
    "ARB-07": _("Settled in arbitration"),
    "REV-02": _("The rejection was approved"),
    "REV-03": _("The rejection took effect by itself"),
    "REV-05": _("Settled in mediation"),
}


def too_many_files() -> str:
    """What is said to somebody who sends more files than FILES_MOST."""
    words = ngettext("At most %(most)s file at a time.", "At most %(most)s files at a time.", FILES_MOST)
    return words % {"most": FILES_MOST}


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


@dataclass(frozen=True)
class Terms:
    """What an order was placed under; later changes of the rules do not touch it. Durations in seconds.

    The defaults stand in for a term that came in after the order was placed.
    """

    commission_basis_points: int = COMMISSION_BASIS_POINTS
    start_within_seconds: int = _seconds(START_WITHIN)
    review_within_seconds: int = _seconds(REVIEW_WITHIN)
    mistake_within_seconds: int = _seconds(MISTAKE_WITHIN)
    idle_after_seconds: int = _seconds(IDLE_AFTER)
    silent_after_seconds: int = _seconds(SILENT_AFTER)
    answer_within_seconds: int = _seconds(ANSWER_WITHIN)
    reject_within_seconds: int = _seconds(REJECT_WITHIN)
    mediate_within_seconds: int = _seconds(MEDIATE_WITHIN)

    @classmethod
    def today(cls) -> Terms:
        return cls()

    def as_json(self) -> dict[str, int]:
        return asdict(self)

    def share(self, price: Money) -> Money:
        """What the seller receives of a buyer's price in cents; an odd cent goes to the commission."""
        return price.share(BASIS_POINTS - self.commission_basis_points)

    @property
    def start_within(self) -> timedelta:
        return timedelta(seconds=self.start_within_seconds)

    @property
    def review_within(self) -> timedelta:
        return timedelta(seconds=self.review_within_seconds)

    @property
    def mistake_within(self) -> timedelta:
        return timedelta(seconds=self.mistake_within_seconds)

    @property
    def idle_after(self) -> timedelta:
        return timedelta(seconds=self.idle_after_seconds)

    @property
    def silent_after(self) -> timedelta:
        return timedelta(seconds=self.silent_after_seconds)

    @property
    def answer_within(self) -> timedelta:
        return timedelta(seconds=self.answer_within_seconds)

    @property
    def reject_within(self) -> timedelta:
        return timedelta(seconds=self.reject_within_seconds)

    @property
    def mediate_within(self) -> timedelta:
        return timedelta(seconds=self.mediate_within_seconds)
