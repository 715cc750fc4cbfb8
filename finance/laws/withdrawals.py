"""What is set aside for withdrawals, and what left for them (WDR-04, FIN-07)."""

from django.utils.translation import gettext_lazy as _

from finance.laws.law import Law

LAWS = (
    Law(
        "withdrawals",
        _("What is set aside for a withdrawal is its sum until it is sent or returned, then nothing."),
        """
        SELECT 'withdrawal ' || w.id || ' is ' || w.status || ', set aside ' || coalesce(a.balance::text, 'nothing')
        FROM finance_withdrawal w LEFT JOIN finance_account a ON a.key = 'payout:withdrawal:' || w.id
        WHERE a.balance IS DISTINCT FROM
            CASE WHEN w.status IN ('requested', 'batched', 'sending') THEN w.amount ELSE 0 END
        UNION ALL
        SELECT a.key || ' belongs to no withdrawal' FROM finance_account a
        LEFT JOIN finance_withdrawal w ON a.key = 'payout:withdrawal:' || w.id WHERE a.kind = 'payout' AND w.id IS NULL
        """,
    ),
    Law(
        "payouts",
        _(
            "Money left for exactly the withdrawals that were sent, less the fee, and came back for those that failed, unless "
            "the site bears it."
        ),
        """
        SELECT 'withdrawal ' || w.id || ' is ' || w.status || ', left ' || coalesce(sum(p.amount), 0)
        FROM finance_withdrawal w
        LEFT JOIN finance_entry e ON e.reference = 'withdrawal:' || w.id AND e.verb IN ('payout', 'withdrawal_back')
        LEFT JOIN finance_posting p ON p.entry_id = e.id
            AND p.account_id IN (SELECT id FROM finance_account WHERE key = 'provider:stripe')
        GROUP BY w.id
        HAVING coalesce(sum(p.amount), 0) <> CASE WHEN w.status IN ('sent', 'paid')
            OR EXISTS (SELECT FROM finance_entry b WHERE b.key = 'withdrawal:' || w.id || ':borne')
            THEN w.amount - w.fee ELSE 0 END
        """,
    ),
    Law(
        "approvals",
        _("Whatever was sent was in a batch that two people have approved as it was, and no more of it than they saw."),
        """
        SELECT 'batch ' || coalesce(w.batch_id::text, 'none') || ': sent ' || count(*) || ' over ' || sum(w.amount)
            || ', approved ' || coalesce(max(a.seen), 0) || ' over ' || coalesce(max(a.total), 0)
        FROM finance_withdrawal w
        LEFT JOIN finance_batch b ON b.id = w.batch_id AND b.status = 'approved'
        LEFT JOIN (
            SELECT batch_id, min(count) AS seen, min(total) AS total FROM finance_approval
            GROUP BY batch_id, digest HAVING count(DISTINCT by_id) >= 2
        ) a ON a.batch_id = b.id
        WHERE w.status IN ('sending', 'sent', 'paid', 'failed')
        GROUP BY w.batch_id
        HAVING count(*) > coalesce(max(a.seen), 0) OR sum(w.amount) > coalesce(max(a.total), 0)
        """,
    ),
    Law(
        "two words",
        _("What staff settled in the place of the provider, or booked as the owner's, two of them have said alike."),
        """
        SELECT s.kind || ' of withdrawal ' || s.subject_id || ' by ' || s.by_id || ' alone'
        FROM core_event s
        WHERE s.subject = 'withdrawal' AND s.kind IN ('withdrawal.paid', 'withdrawal.failed') AND s.by_id IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM core_event f WHERE f.subject = 'withdrawal' AND f.subject_id = s.subject_id AND f.id < s.id
                    AND f.kind = 'withdrawal.settlement_asked' AND f.by_id <> s.by_id
                    AND f.facts->>'outcome' = CASE s.kind WHEN 'withdrawal.paid' THEN 'arrived' ELSE 'returned' END)
        UNION ALL
        SELECT e.key || ' by ' || e.by_id || ' alone'
        FROM finance_entry e
        WHERE e.verb = 'moved' AND e.key LIKE 'moved:%' AND e.by_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM core_event f JOIN finance_account a ON a.id = f.subject_id AND a.key = 'provider:stripe'
            WHERE f.subject = 'account' AND f.kind = 'movement.own_asked' AND f.by_id <> e.by_id
                AND 'moved:' || (f.facts->>'movement') = e.key)
        """,
    ),
    Law(
        "card money",
        _("No more went back to a payment than was paid by it."),
        """
        SELECT 'top-up ' || t.id || ': ' || sum(w.amount) || ' of ' || t.amount
        FROM finance_withdrawal w JOIN finance_topup t ON t.id = w.top_up_id
        WHERE w.status NOT IN ('failed', 'rejected', 'canceled')
        GROUP BY t.id HAVING sum(w.amount) > t.amount OR t.status <> 'paid'
        """,
    ),
    Law(
        "chargebacks",
        _("What is owed after a chargeback is what the bank took and no balance has paid."),
        """
        SELECT 'chargeback ' || c.id || ' says ' || c.owed || ' owed, booked ' || coalesce(-sum(p.amount), 0)
        FROM finance_chargeback c
        LEFT JOIN finance_account a ON a.key = 'chargeback:' || c.id
        LEFT JOIN finance_posting p ON p.account_id = a.id
        GROUP BY c.id HAVING c.owed <> coalesce(-sum(p.amount), 0)
        """,
    ),
)

# These hold only where all money came through the provider, an hour after the fact at the latest: by the site's clock, which
# development tools can move on.
RECONCILED = (
    Law(
        "movements",
        _("Every movement at the payment provider is booked here, with the same sum."),
        """
        SELECT m.kind || ' ' || m.id || ': ' || m.amount || CASE WHEN m.entry_id IS NULL THEN ' is not booked'
            ELSE ' is booked as ' || -sum(p.amount) END
        FROM finance_providermovement m
        LEFT JOIN finance_posting p ON p.entry_id = m.entry_id
            AND p.account_id IN (SELECT id FROM finance_account WHERE key = 'provider:stripe')
        WHERE m.entry_id IS NOT NULL OR (m.amount <> 0 AND m.at
            < now() + coalesce((SELECT max(shift) FROM core_clockshift), interval '0') - interval '1 hour')
        GROUP BY m.id HAVING m.entry_id IS NULL OR m.amount IS DISTINCT FROM -sum(p.amount)
        """,
    ),
    Law(
        "provider",
        _("Everything booked as held by the payment provider is on its own list of movements, since that list begins."),
        """
        SELECT e.key || ' is not on the list of the provider'
        FROM finance_posting p JOIN finance_account a ON a.id = p.account_id AND a.key = 'provider:stripe'
        JOIN finance_entry e ON e.id = p.entry_id
        LEFT JOIN finance_providermovement m ON m.entry_id = e.id
        WHERE m.id IS NULL AND NOT (e.verb = 'provider_fee' AND e.key NOT LIKE '%:own') AND e.at
            < now() + coalesce((SELECT max(shift) FROM core_clockshift), interval '0') - interval '1 hour'
            AND e.at > (SELECT min(at) FROM finance_providermovement)
        """,
    ),
)
