"""The laws of lots: which money of a balance goes back to the card that it came from (WDR-02)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from finance.laws.law import Law

LAWS = (
    Law(
        "lots",
        _("What is left of every payment by card follows from its moves, and a paid one has a lot of its own sum."),
        """
        SELECT 'lot ' || l.id || ': ' || l."left" || ' left, ' || coalesce(sum(m.amount), 0) || ' moved'
        FROM finance_lot l LEFT JOIN finance_lotmove m ON m.lot_id = l.id
        GROUP BY l.id HAVING l."left" <> coalesce(sum(m.amount), 0)
        UNION ALL
        SELECT 'lot move ' || id || ' says ' || coalesce(left_after::text, 'nothing') || ', should be ' || run
        FROM (
            SELECT id, left_after, sum(amount) OVER (PARTITION BY lot_id ORDER BY id) AS run FROM finance_lotmove
        ) walked WHERE left_after IS DISTINCT FROM run
        UNION ALL
        SELECT 'top-up ' || t.id || ' is ' || t.status || ', its lot is ' || coalesce(l.amount::text, 'missing')
        FROM finance_topup t LEFT JOIN finance_lot l ON l.top_up_id = t.id
        WHERE (t.status = 'paid') <> (l.id IS NOT NULL) OR l.amount <> t.amount
        """,
    ),
    Law(
        "lots-within",
        _("What is left of payments by card is a part of the balance that they were added to."),
        """
        SELECT a.key || ': ' || sum(l."left") || ' in lots, ' || a.balance || ' in all'
        FROM finance_lot l JOIN finance_account a ON a.id = l.account_id
        GROUP BY a.id HAVING sum(l."left") > a.balance
        UNION ALL
        SELECT 'lot ' || l.id || ' of top-up ' || t.id || ' is on ' || a.key
        FROM finance_lot l JOIN finance_account a ON a.id = l.account_id JOIN finance_topup t ON t.id = l.top_up_id
        WHERE a.kind <> 'main' OR a.owner_id <> t.user_id
        """,
    ),
)
