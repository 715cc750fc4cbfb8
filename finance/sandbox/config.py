"""What a sandbox process is started with, and the limits it shares with Stripe."""

from dataclasses import dataclass

API_VERSION = "2026-10-28.endive"

SMALLEST_CHARGE_CENTS = 50
LARGEST_CHARGE_CENTS = 99_999_999

SESSION_SHORTEST_SECONDS = 30 * 60
SESSION_LONGEST_SECONDS = 24 * 60 * 60

ONBOARDING_LINK_SECONDS = 5 * 60
DISPUTE_ANSWER_SECONDS = 7 * 24 * 60 * 60

CURRENCIES = ("usd", "eur", "gbp")


@dataclass(frozen=True)
class Config:
    """Settings of one process, times in seconds. Without `webhook_url` events are recorded but not sent.

    What a demo was filled with before the sandbox ran: `opening` cents, on no list, and connected `accounts` with a card each.
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
    opening: int = 0
    accounts: tuple[str, ...] = ()
