"""What must hold of the books at any moment (FIN-06, FIN-07): a module for each capability, one SQL statement for each law.

Rooms above have laws of their own; marketplace/proofs.py lists all that the site is proven by.
"""

from finance.laws import books, escrows, lots, offline, promo, top_ups, withdrawals
from finance.laws.law import Law

LAWS: tuple[Law, ...] = (
    *books.LAWS,
    *escrows.LAWS,
    *top_ups.LAWS,
    *lots.LAWS,
    *withdrawals.LAWS,
    *promo.LAWS,
    *offline.LAWS,
)
# Of the provider's own list; they hold an hour after the fact at the latest.
RECONCILED: tuple[Law, ...] = withdrawals.RECONCILED

__all__ = ["LAWS", "RECONCILED", "Law"]
