"""The numbers of the referral rules (REF-01 to REF-05)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.money import ZERO, Money, dollars

# What the owner of a link earns of the part of an order's total that was paid from the main balance (REF-02).
RATES = {"sale": 250, "purchase": 350}  # basis points: 2.5 % of what a referral sells, 3.5 % of what one buys

COOKIE_FOR = timedelta(days=30)  # how long a browser remembers by whose link it came; the first link counts (REF-01)
VISIT = timedelta(hours=12)  # whose owner was here so lately, in the same browser, that link attaches nobody (REF-05)
MARK_FOR = timedelta(
    days=180
)  # how long it remembers whose owner was here; later than VISIT staff is only told (REF-05)
ACTIVE_WITHIN = timedelta(days=180)  # an order or an accepted kwork within this makes a referral active (REF-03)
ACTIVE_YEARS = 3  # so long do active ones stay attached, counted from registration

CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are taken for one another
CODE_LENGTH = 8

# Orders that a referral has completed with the referrer: from so many on, and from this share of all on, staff is told (REF-05).
TRADE_ORDERS_LEAST = 3
TRADE_PERCENT_LEAST = 50

VOID_REASON_MOST = 500  # characters
REFERRALS_A_PAGE = 20
MONTHS_A_PAGE = 12


@dataclass(frozen=True)
class Banner:
    """A picture for other sites, in pixels; `wide` puts the words in one line."""

    width: int
    height: int

    @property
    def size(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def shape(self) -> str:
        if self.width >= 4 * self.height:
            return "strip"
        return "tower" if self.height >= 2 * self.width else "block"


BANNERS = (Banner(728, 90), Banner(468, 60), Banner(300, 250), Banner(160, 600))


def ends_at(registered: datetime, *, active: bool) -> datetime:
    """Until when a referral stays attached: three years from registration once active, else 180 days (REF-03)."""
    if not active:
        return registered + ACTIVE_WITHIN
    try:
        return registered.replace(year=registered.year + ACTIVE_YEARS)
    except ValueError:  # February 29
        return registered.replace(year=registered.year + ACTIVE_YEARS, day=28)


def rewards(base: Money, commission: Money, sides: Sequence[str]) -> Mapping[str, Money]:
    """What each side's referrer earns of `base`, the part of an order's total that was paid from the main balance.

    Rounded down to the cent. Together never more than the order's commission: it is then shared in proportion.
    """
    wanted = [base.share(RATES[side]) for side in sides]
    if Money.total(wanted) > commission:
        wanted = commission.split([amount.cents for amount in wanted]) if commission > ZERO else [ZERO] * len(wanted)
    return dict(zip(sides, wanted, strict=True))


# Group rewards (GRP-01). What staff finds in the form when the scheme is set for the first time; it is off until turned on.
GROUP_LEVELS = (500, 200, 100)  # basis points of the commission that each level brings in
GROUP_GROWTH = 500
GROUP_DIRECTOR = 200
GROUP_DIRECTOR_LEAST = dollars(1_000)
GROUP_WORK = 300
GROUP_WORK_LEAST = dollars(100)
GROUP_CAP = 2_000
GROUP_CAP_MOST = 5_000  # no setting lets groups have more than half of the commission they are paid from
GROUP_DEPTH_MOST = 5
GROUP_RECKONED_AFTER = timedelta(hours=2)  # after a month's end
MEMBERS_A_PAGE = 25


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The beginning and the end of the month, in UTC, that a moment is in."""
    begins = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begins, (begins + timedelta(days=32)).replace(day=1)


def month_before(begins: datetime) -> datetime:
    """The beginning of the month before."""
    return (begins - timedelta(days=1)).replace(day=1)


def reckoned_at(month_ends: datetime) -> datetime:
    """When a month that ends then is reckoned."""
    return month_ends + GROUP_RECKONED_AFTER
