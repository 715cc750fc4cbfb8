"""The laws of announced payments (PAY-01)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from finance.laws.law import Law

LAWS = (
    Law(
        "announced payments",
        _("Every announced payment that was received was credited once with what was received, and no other one was."),
        """
        SELECT 'announced payment ' || o.id || ' is ' || o.status || ', credited ' || coalesce(p.amount::text, 'nothing')
        FROM finance_offlinepayment o
        LEFT JOIN finance_entry e ON e.key = 'offline:' || o.id || ':credit'
        LEFT JOIN finance_account a ON a.key = 'user:' || o.user_id || ':main'
        LEFT JOIN finance_posting p ON p.entry_id = e.id AND p.account_id = a.id
        WHERE (o.status = 'received') <> (e.id IS NOT NULL) OR p.amount IS DISTINCT FROM o.received
        """,
    ),
)
