"""Every law by which the site's books are proven, on one screen: those of the ledger, then those of the rooms above it."""

from __future__ import annotations

from finance import laws as finance_laws
from finance.laws import Law
from orders import laws as order_laws
from referrals import laws as referral_laws

LAWS: tuple[Law, ...] = (*finance_laws.LAWS, *order_laws.LAWS, *referral_laws.LAWS)

# Those of the payment provider's own list of movements.
RECONCILED: tuple[Law, ...] = finance_laws.RECONCILED
