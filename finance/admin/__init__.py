"""Money in the admin: what staff look at, and the few things they decide there."""

from finance.admin import ledger, promo, tax, top_ups

__all__ = ["ledger", "promo", "tax", "top_ups"]
