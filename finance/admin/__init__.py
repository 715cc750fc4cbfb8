"""Money in the admin: what staff look at, and the few things they decide there."""

from finance.admin import ledger, offline, promo, tax, top_ups, withdrawals

__all__ = ["ledger", "offline", "promo", "tax", "top_ups", "withdrawals"]
