"""What must hold of the books because of referrals (REF-02), for the proof of the ledger (FIN-07)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from finance.laws.law import Law

LAWS = (
    Law(
        "referral_rewards",
        _(
            "Every referral reward was paid by one entry of its own with the same sum, and no other entry says it is one."
        ),
        """
        WITH paid AS (
            SELECT e.key, p.amount, a.owner_id
            FROM finance_entry e
            LEFT JOIN (finance_posting p JOIN finance_account a ON a.id = p.account_id AND a.kind = 'main')
                ON p.entry_id = e.id
            WHERE e.verb = 'referral'
        ), earned AS (
            SELECT r.entry_key AS key, r.amount, t.referrer_id
            FROM referrals_reward r JOIN referrals_attachment t ON t.id = r.attachment_id
        )
        SELECT key || ': earned ' || coalesce(earned.amount::text, 'nothing')
            || ', paid ' || coalesce(paid.amount::text, 'nothing')
        FROM paid FULL JOIN earned USING (key)
        WHERE earned.amount IS DISTINCT FROM paid.amount OR earned.referrer_id IS DISTINCT FROM paid.owner_id
        """,
    ),
    Law(
        "referral_limit",
        _("What an order has paid to referrers is never more than the commission it has brought."),
        """
        WITH paid AS (
            SELECT split_part(e.key, ':referral:', 1) AS order_key, -sum(p.amount) AS amount
            FROM finance_entry e JOIN finance_posting p ON p.entry_id = e.id JOIN finance_account a ON a.id = p.account_id
            WHERE e.verb = 'referral' AND a.kind = 'commission' GROUP BY 1
        )
        SELECT paid.order_key || ': ' || paid.amount || ' of ' || coalesce(sum(p.amount), 0)
        FROM paid
        LEFT JOIN finance_entry e ON e.key IN (paid.order_key || ':release', paid.order_key || ':split')
        LEFT JOIN finance_posting p ON p.entry_id = e.id
            AND p.account_id IN (SELECT id FROM finance_account WHERE kind = 'commission')
        GROUP BY paid.order_key, paid.amount HAVING paid.amount > coalesce(sum(p.amount), 0)
        """,
    ),
    Law(
        "group_rewards",
        _("Every group reward that was paid has one entry with its sum, and no month has paid more than its limit."),
        """
        WITH due AS (
            SELECT 'group:' || to_char(u.month, 'YYYY-MM') || ':' || r.user_id || ':' || r.kind AS key, r.amount, r.user_id
            FROM referrals_groupreward r JOIN referrals_grouprun u ON u.id = r.run_id WHERE r.pay_due_at IS NULL
        ), paid AS (
            SELECT e.key, p.amount, a.owner_id
            FROM finance_entry e
            LEFT JOIN (finance_posting p JOIN finance_account a ON a.id = p.account_id AND a.kind = 'main')
                ON p.entry_id = e.id
            WHERE e.verb = 'group'
        )
        SELECT key || ': due ' || coalesce(due.amount::text, 'nothing')
            || ', paid ' || coalesce(paid.amount::text, 'nothing')
        FROM due FULL JOIN paid USING (key)
        WHERE due.amount IS DISTINCT FROM paid.amount OR due.user_id IS DISTINCT FROM paid.owner_id
        UNION ALL
        SELECT u.month || ': ' || sum(r.amount) || ' of ' || u."limit"
        FROM referrals_grouprun u JOIN referrals_groupreward r ON r.run_id = u.id
        GROUP BY u.id HAVING sum(r.amount) > u."limit" OR sum(r.amount) <> u.total
        """,
    ),
)
