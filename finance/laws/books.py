"""The laws of double entry."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from finance.laws.law import Law

LAWS = (
    Law(
        "total",
        _(
            "Balances, escrow, withdrawals on their way, commission and the other accounts of the site together equal the money "
            "received minus the money paid out."
        ),
        "SELECT 'all postings: ' || sum(amount) FROM finance_posting HAVING sum(amount) <> 0",
    ),
    Law(
        "entries",
        _("Every entry has two lines or more, and they sum to zero."),
        """
        SELECT e.key || ': ' || count(p.id) || ' lines, sum ' || coalesce(sum(p.amount), 0)
        FROM finance_entry e LEFT JOIN finance_posting p ON p.entry_id = e.id
        GROUP BY e.id HAVING count(p.id) < 2 OR sum(p.amount) <> 0
        """,
    ),
    Law(
        "balances",
        _("Every running balance equals the sum of its account's postings."),
        """
        SELECT a.key || ': ' || a.balance || ' kept, ' || coalesce(sum(p.amount), 0) || ' posted'
        FROM finance_account a LEFT JOIN finance_posting p ON p.account_id = a.id
        WHERE a.kept GROUP BY a.id HAVING a.balance <> coalesce(sum(p.amount), 0)
        """,
    ),
    Law(
        "chains",
        _("The balance after each posting is the one before it plus its amount."),
        """
        SELECT key || ': posting ' || id || ' says ' || coalesce(balance_after::text, 'nothing') || ', should be ' || run
        FROM (
            SELECT a.key, p.id, p.balance_after, sum(p.amount) OVER (PARTITION BY p.account_id ORDER BY p.id) AS run
            FROM finance_posting p JOIN finance_account a ON a.id = p.account_id WHERE a.kept
        ) walked WHERE balance_after IS DISTINCT FROM run
        """,
    ),
    Law(
        "overdrawn",
        _("No user's balance, no escrow and no sum set aside for a withdrawal was ever below zero."),
        """
        SELECT key || ': ' || balance FROM finance_account WHERE balance < 0
        UNION ALL SELECT 'posting ' || id || ': ' || balance_after FROM finance_posting WHERE balance_after < 0
        """,
    ),
)
