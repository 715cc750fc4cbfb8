"""The numbers of the money rules."""

from datetime import datetime, timedelta

from core.money import dollars

COMMISSION_BASIS_POINTS = 2_000  # 20 % of the buyer price (the seller receives 80 %)
CURRENCY = "usd"

TOP_UP_LEAST = dollars(1)
TOP_UP_MOST = dollars(10_000)
TOP_UP_PRESETS = (dollars(10), dollars(25), dollars(50), dollars(100), dollars(250))

# A top-up is paid within this time or not at all: so long does the provider keep its payment page open.
TOP_UP_OPEN_FOR = timedelta(hours=24)
# How long after a top-up was begun the provider is asked about it, in case its own word got lost.
CHECK_AFTER = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    TOP_UP_OPEN_FOR + timedelta(minutes=5),
)
CHECK_EVERY = timedelta(hours=6)  # from then on

PROVIDER_TIMEOUT_SECONDS = 8
PROVIDER_RETRIES = 2
WEBHOOK_MOST_BYTES = 256 * 1024
WEBHOOK_TOLERANCE_SECONDS = 300

DECISION_REASON_MOST = 500  # characters that staff gives as its reason
RETURN_TO_MOST = 200  # characters of the address to go on with after a top-up

MOVEMENTS_A_PAGE = 25
TOP_UPS_A_PAGE = 25


def next_check(begun: datetime, now: datetime) -> datetime:
    """When an unfinished top-up is looked at next, counted from when it was begun, always after `now`."""
    return next((begun + wait for wait in CHECK_AFTER if begun + wait > now), now + CHECK_EVERY)
