"""The laws of escrows: filled in parts, emptied once, to where the money came from."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from finance.laws.law import Law

LAWS = (
    Law(
        "escrows",
        _("Every escrow holds all that was put into it or, once released, refunded or split, nothing."),
        """
        SELECT a.key || ': ' || coalesce(sum(p.amount) FILTER (WHERE e.verb IN ('hold', 'fee_hold')), 0) || ' in, '
            || coalesce(sum(p.amount) FILTER (WHERE e.verb NOT IN ('hold', 'fee_hold')), 0) || ' out'
        FROM finance_account a
        LEFT JOIN finance_posting p ON p.account_id = a.id LEFT JOIN finance_entry e ON e.id = p.entry_id
        WHERE a.kind = 'escrow' GROUP BY a.id
        HAVING count(*) FILTER (WHERE e.verb IN ('hold', 'fee_hold')) < 1
            OR count(DISTINCT e.verb) FILTER (WHERE e.verb IN ('hold', 'fee_hold')) > 1
            OR count(*) FILTER (WHERE e.verb NOT IN ('hold', 'fee_hold')) > 1
            OR count(*) FILTER (WHERE e.verb NOT IN
                ('hold', 'release', 'refund', 'split', 'fee_hold', 'fee_paid', 'fee_back')) > 0
            OR a.balance NOT IN (0, sum(p.amount) FILTER (WHERE e.verb IN ('hold', 'fee_hold')))
            OR (a.balance = 0) <> (count(*) FILTER (WHERE e.verb NOT IN ('hold', 'fee_hold')) = 1)
        """,
    ),
    Law(
        "refunds",
        _(
            "Every refund returned exactly what was taken, to the balances it was taken from; a split no more than that."
        ),
        """
        WITH ended AS (
            SELECT e.id, e.key, e.verb, p.account_id AS escrow
            FROM finance_entry e JOIN finance_posting p ON p.entry_id = e.id JOIN finance_account a ON a.id = p.account_id
            WHERE e.verb IN ('refund', 'split', 'fee_back') AND a.kind = 'escrow'
        ), taken AS (
            SELECT d.id, p.account_id, -sum(p.amount) AS amount
            FROM ended d
            JOIN finance_posting x ON x.account_id = d.escrow AND x.entry_id <> d.id
            JOIN finance_posting p ON p.entry_id = x.entry_id AND p.account_id <> d.escrow
            GROUP BY d.id, p.account_id
        )
        SELECT d.key || ' does not mirror what was taken'
        FROM ended d JOIN finance_posting p ON p.entry_id = d.id AND p.account_id <> d.escrow
        JOIN finance_account a ON a.id = p.account_id
        LEFT JOIN taken t ON t.id = d.id AND t.account_id = p.account_id
        WHERE (d.verb <> 'split' AND p.amount IS DISTINCT FROM t.amount)
            OR (d.verb = 'split' AND t.account_id IS NOT NULL AND p.amount > t.amount)
            OR (d.verb = 'split' AND a.kind = 'bonus' AND t.account_id IS NULL)
        """,
    ),
)
