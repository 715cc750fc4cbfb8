"""The laws that bind orders to the ledger (FIN-07)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from finance.laws import Law

LAWS = (
    Law(
        "orders",
        _("Every open order's escrow holds its price, every ended order's holds nothing."),
        """
        SELECT 'order ' || o.number || ' is ' || o.status || ' at ' || o.total || ', held ' || coalesce(a.balance, 0)
        FROM orders_order o LEFT JOIN finance_account a ON a.key = 'escrow:order:' || o.id
        WHERE coalesce(a.balance, 0) <> CASE WHEN o.ended_at IS NULL THEN o.total ELSE 0 END
        """,
    ),
)
