"""The laws of top-ups."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from finance.laws.law import Law

LAWS = (
    Law(
        "top-ups",
        _("Every paid top-up was credited once with its own sum, and no other one was."),
        """
        SELECT 'top-up ' || t.id || ' is ' || t.status || ', credited ' || coalesce(p.amount::text, 'nothing')
        FROM finance_topup t
        LEFT JOIN finance_entry e ON e.key = 'top_up:' || t.id || ':credit'
        LEFT JOIN finance_posting p ON p.entry_id = e.id AND p.amount > 0
        WHERE (t.status = 'paid') <> (e.id IS NOT NULL) OR (t.status = 'paid' AND p.amount IS DISTINCT FROM t.amount)
        """,
    ),
)
