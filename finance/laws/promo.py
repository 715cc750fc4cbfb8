"""The laws of promo codes (FIN-04)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from finance.laws.law import Law

LAWS = (
    Law(
        "promo codes",
        _("Every redeemed code was credited once with its amount to who redeemed it, and each counts its uses right."),
        """
        SELECT 'code ' || c.code || ' counts ' || c.uses || ' uses, has ' || count(u.id)
        FROM finance_promocode c LEFT JOIN finance_promouse u ON u.code_id = c.id
        GROUP BY c.id HAVING c.uses <> count(u.id)
        UNION ALL
        SELECT 'code ' || c.code || ' redeemed by user ' || u.user_id || ', credited ' || coalesce(p.amount::text, 'nothing')
        FROM finance_promouse u JOIN finance_promocode c ON c.id = u.code_id JOIN finance_entry e ON e.id = u.entry_id
        LEFT JOIN finance_account a ON a.key = 'user:' || u.user_id || ':bonus'
        LEFT JOIN finance_posting p ON p.entry_id = e.id AND p.account_id = a.id
        WHERE p.amount IS DISTINCT FROM c.amount OR e.key <> 'promo:' || c.id || ':' || u.user_id || ':' || u.nth
        UNION ALL
        SELECT e.key || ' is of no redeemed code' FROM finance_entry e LEFT JOIN finance_promouse u ON u.entry_id = e.id
        WHERE e.key LIKE 'promo:%' AND u.id IS NULL
        """,
    ),
)
