"""The laws of lots: which money of a balance is bound to the card that it came from, or for a while (WDR-02, PAY-01)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from finance.laws.law import Law

LAWS = (
    Law(
        "lots",
        _(
            "What is left of every payment by card or check follows from its moves, and a paid one has a lot of its own sum."
        ),
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
        UNION ALL
        SELECT 'announced payment ' || o.id || ' is ' || o.status || ', its lot is ' || coalesce(l.amount::text, 'missing')
        FROM finance_offlinepayment o LEFT JOIN finance_lot l ON l.announced_id = o.id
        WHERE (o.status IN ('received', 'taken_back') AND o.came_by IN ('check', 'money_order')) <> (l.id IS NOT NULL)
            OR l.amount <> o.received
        """,
    ),
    Law(
        "lots-within",
        _("What is left of payments by card or check is a part of the balance that they were added to."),
        """
        SELECT a.key || ': ' || sum(l."left") || ' in lots, ' || a.balance || ' in all'
        FROM finance_lot l JOIN finance_account a ON a.id = l.account_id
        GROUP BY a.id HAVING sum(l."left") > a.balance
        UNION ALL
        SELECT 'lot ' || l.id || ' of ' || coalesce('top-up ' || t.id, 'announced payment ' || o.id) || ' is on ' || a.key
        FROM finance_lot l JOIN finance_account a ON a.id = l.account_id LEFT JOIN finance_topup t ON t.id = l.top_up_id
        LEFT JOIN finance_offlinepayment o ON o.id = l.announced_id
        WHERE a.kind <> 'main' OR a.owner_id <> coalesce(t.user_id, o.user_id)
        """,
    ),
)
