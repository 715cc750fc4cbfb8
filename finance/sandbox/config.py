"""What a sandbox process is started with, and the limits it shares with Stripe."""

from dataclasses import dataclass
from pathlib import Path

API_VERSION = "2026-10-28.endive"

SMALLEST_CHARGE_CENTS = 50
LARGEST_CHARGE_CENTS = 99_999_999

SESSION_SHORTEST_SECONDS = 30 * 60
SESSION_LONGEST_SECONDS = 24 * 60 * 60

ONBOARDING_LINK_SECONDS = 5 * 60
DISPUTE_ANSWER_SECONDS = 7 * 24 * 60 * 60

CURRENCIES = ("usd", "eur", "gbp")

OPENINGS_FILE = "sandbox-openings.json"  # how the site calls the one that it writes


@dataclass(frozen=True)
class Config:
    """Settings of one process, times in seconds. Without `webhook_url` events are recorded but not sent.

    `openings` is the file that tells what had happened before the sandbox ran; it need not be there.
    """

    public_url: str
    webhook_url: str | None = None
    webhook_secret: str = ""
    merchant: str = "Test merchant"
    dispute_after: int = 5
    payout_after: int = 1
    settle_after: int = 5
    refund_after: int = 5
    retry_base: float = 1.0
    quiet: bool = False
    openings: Path | None = None
