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
        WHERE (o.status IN ('received', 'taken_back')) <> (e.id IS NOT NULL)
            OR (e.id IS NOT NULL AND p.amount IS DISTINCT FROM o.received)
        """,
    ),
    Law(
        "taken back",
        _(
            "All that was received left the books again of every announced payment that was taken back, and of no other one."
        ),
        """
        SELECT 'announced payment ' || o.id || ' is ' || o.status || ', taken back ' || coalesce(p.amount::text, 'nothing')
        FROM finance_offlinepayment o
        LEFT JOIN finance_chargeback c ON c.announced_id = o.id
        LEFT JOIN finance_entry e ON e.key = 'chargeback:' || c.id || ':taken'
        LEFT JOIN finance_account a ON a.key = 'provider:bank'
        LEFT JOIN finance_posting p ON p.entry_id = e.id AND p.account_id = a.id
        WHERE (o.status = 'taken_back') <> (e.id IS NOT NULL) OR (e.id IS NOT NULL AND p.amount IS DISTINCT FROM o.received)
        """,
    ),
    Law(
        "two persons",
        _("Announced payments were confirmed by others than their users, and those that need it by two of them."),
        """
        SELECT 'announced payment ' || id || ' is ' || status || ', confirmed by ' || coalesce(confirmed_by_id::text, 'nobody')
            || ' and ' || coalesce(second_by_id::text, 'nobody')
        FROM finance_offlinepayment WHERE status IN ('received', 'taken_back') AND (confirmed_by_id IS NULL
            OR user_id IN (confirmed_by_id, second_by_id) OR (needs_two AND second_by_id IS NULL)
            OR confirmed_by_id = second_by_id)
        """,
    ),
)
