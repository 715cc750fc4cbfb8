"""The numbers of the money rules."""

from datetime import UTC, datetime, timedelta

from django.utils.dates import WEEKDAYS
from django.utils.text import get_text_list
from django.utils.translation import gettext

from core.limits import Limit
from core.money import Money, dollars

COMMISSION_BASIS_POINTS = 2_000  # 20 % of the buyer price (the seller receives 80 %)
CURRENCY = "usd"

TOP_UP_LEAST = dollars(1)
TOP_UP_MOST = dollars(10_000)
TOP_UP_LIMIT = Limit("top-up", most=30, within=timedelta(hours=1))  # of one user: each begun one asks the provider
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

# Withdrawals
BOUND_FOR = timedelta(days=30)  # money paid in by card may go back to it from then on (WDR-02)
WITHDRAWAL_LEAST = dollars(10)  # WDR-01
PAYOUT_COUNTRY = "US"  # where sellers' accounts at the provider are, and the cards that these pay to (WDR-01)
PAYOUT_BRANDS = ("Visa", "Mastercard")  # of debit cards that earnings go to (WDR-01)
WITHDRAWAL_FEE_BASIS_POINTS = 450  # 4.5 %, WDR-01
PAYMENT_WEEKDAYS = (0, 2, 4)  # Monday, Wednesday, Friday (WDR-03)
PAYMENT_HOUR = 6  # UTC: when what was requested until then is put in the day's batch
REFUND_SHOWS_IN_DAYS = 10  # business days, at most: a bank takes so long to show what was sent back to it (WDR-02)
LIMITED_FOR = timedelta(days=7)  # after new or changed payout details, or a changed e-mail address (WDR-05, WDR-06)
LIMITED_TO = dollars(100)  # so much in those days in all (WDR-05)
APPROVALS_NEEDED = 2
# How long after a try the provider is asked again about a withdrawal that is being sent.
TRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
TRY_EVERY = timedelta(hours=6)  # from then on
STOP_AFTER = timedelta(
    minutes=2
)  # after the provider was asked to do something; by then the provider knows whether it has done it
SETTLE_AFTER = timedelta(days=5)  # after it was sent: until then the provider has its time to pay it or to fail
WITHDRAWALS_A_PAGE = 25

CLAIM_CHECK_EVERY = timedelta(hours=6)  # an open claim is asked about, in case the bank's word got lost
COLLECT_EVERY = timedelta(minutes=1)  # what is owed after a chargeback is taken from the balance
RECONCILED_WITHIN = timedelta(hours=1)  # by then a movement at the provider and its entry here have found each other
PROOF_EVERY = timedelta(minutes=10)  # FIN-07
PROOF_RUNS_KEPT = timedelta(days=30)
SEALS_PROVEN = 2  # sealed days, the newest, that each proof computes from their rows; of the older ones, one in turn
SEALS_A_PAGE = 30

STATEMENT_LINES_MOST = 5_000  # in a JSON statement; a CSV has no end
STATEMENT_PRINTED_MOST = 1_000  # in a PDF, which takes about a second to draw then
STATEMENT_LIMIT = Limit("statement", most=60, within=timedelta(hours=1))  # of one user, CSV, PDF and JSON together
PROOF_LIMIT = Limit("statement_proof", most=60, within=timedelta(hours=1))  # of one user, by what the proofs cost
PROOF_LEAVES = 100_000  # each so many hashes, or a part of them, count as one time
STATEMENT_LEAVES_MOST = 3_000_000  # so many hashes are computed for one statement, which takes some seconds

PROMO_GUESSES = Limit("promo", most=10, within=timedelta(hours=1))  # of one user, right or wrong (FIN-04)
PROMO_EARLIEST, PROMO_LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)  # of a code's time
BONUS_MOST = dollars(1_000)  # that staff gives at once (FIN-04)
BONUS_REASON_MOST = 200  # characters, which the user reads

OFFLINE_LEAST = dollars(20)  # PAY-01
OFFLINE_MOST = dollars(50_000)
OFFLINE_OPEN_MOST = 5  # announced payments of one user at a time
OFFLINE_GOAL = timedelta(hours=24)  # of business time, from the announcement to the balance (PAY-01)
OFFLINE_RECEIVED_MOST = dollars(100_000)  # more than this at once is no sum but a slip
OFFLINE_SECOND_FROM = dollars(1_000)  # what is received of so much or more is confirmed by two of staff (PAY-01)
OFFLINE_SECOND_WITHIN = timedelta(days=30)  # so are a user's smaller sums, once they come to so much in this time
OFFLINE_BOUND_FOR = timedelta(days=30)  # what came by check or money order, which can bounce, may go out from then on
OFFLINE_PREFIX = "WH"  # of references
REFERENCE_LETTERS = (
    "23456789ABCDEFGHJKMNPQRSTVWXY"  # 29 that are not taken for each other; a prime number, for the last one
)
WEEKEND = (5, 6)  # Saturday and Sunday, in UTC
EVIDENCE_LEAST = 4  # letters and digits of what staff saw, so that it can be found again
EVIDENCE_MOST = 200  # characters of what staff saw, such as the line of the bank statement
OFFLINE_A_PAGE = 25

TAX_ADULT_YEARS = 18
TREATY_RATE_MOST = 30  # percent, what is withheld without a treaty (TAX-01)
READING_PURPOSE_MOST = 200  # characters that staff gives before it reads a tax form

PROVIDER_TIMEOUT_SECONDS = 8
PROVIDER_RETRIES = 2
WEBHOOK_MOST_BYTES = 256 * 1024
WEBHOOK_TOLERANCE_SECONDS = 300

DECISION_REASON_MOST = 500  # characters that staff gives as its reason
RETURN_TO_MOST = 200  # characters of the address to go on with after a top-up

MOVEMENTS_A_PAGE = 25
MOVEMENTS_LOOKED_AT = 2_000  # of each balance, in search of a page of one kind
TOP_UPS_A_PAGE = 25
UNFINISHED_SHOWN = 3  # top-ups that are not added yet, on the balance page; the others are a link away
DOCUMENTS_A_PAGE = 25


def next_check(begun: datetime, now: datetime) -> datetime:
    """When an unfinished top-up is looked at next, counted from when it was begun, always after `now`."""
    return next((begun + wait for wait in CHECK_AFTER if begun + wait > now), now + CHECK_EVERY)


def withdrawal_fee(amount: Money) -> Money:
    """What a withdrawal of so much costs, in cents, rounded down in the user's favor (WDR-01)."""
    return amount.share(WITHDRAWAL_FEE_BASIS_POINTS)


def payment_date(now: datetime) -> datetime:
    """When what is requested now is put in a batch: the next payment date's hour, in UTC (WDR-03)."""
    at = now.astimezone(UTC).replace(hour=PAYMENT_HOUR, minute=0, second=0, microsecond=0)
    while at <= now or at.weekday() not in PAYMENT_WEEKDAYS:
        at += timedelta(days=1)
    return at


def payment_weekdays() -> str:
    """The days of payment dates in words (WDR-03)."""
    return get_text_list([str(WEEKDAYS[day]) for day in PAYMENT_WEEKDAYS], gettext("and"))


def payout_brands() -> str:
    """Which debit cards earnings go to, in words (WDR-01)."""
    return get_text_list(list(PAYOUT_BRANDS), gettext("or"))


def next_try(tries: int, now: datetime) -> datetime:
    """When the provider is asked about a withdrawal again after so many tries."""
    return now + (TRY_AFTER[tries - 1] if 0 < tries <= len(TRY_AFTER) else TRY_EVERY)


def business_time(begun: datetime, until: datetime) -> timedelta:
    """How much time lies between, without that of weekends in UTC (PAY-01)."""
    spent, at, until = timedelta(), begun.astimezone(UTC), until.astimezone(UTC)
    while at < until:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if at.weekday() not in WEEKEND:
            spent += min(midnight, until) - at
        at = midnight
    return spent
