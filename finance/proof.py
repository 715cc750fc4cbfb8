"""The proof that the books are right (FIN-07): every law of the ledger, checked against the rows themselves.

Each check is one statement that returns the rows breaking a law, so that a broken law comes with its examples.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.money import ZERO, Money
from finance.models import AccountKind

EXAMPLES = 5


@dataclass(frozen=True)
class Law:
    """One thing that must hold; `query` selects what breaks it, as one line of text for each case."""

    name: str
    sentence: str | Promise
    query: str


@dataclass(frozen=True)
class Check:
    """A law and the cases that break it: `broken` in all, the first few as `examples`."""

    law: Law
    broken: int
    examples: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.broken


@dataclass(frozen=True)
class Proof:
    """The state of the books: cents by kind of account, and whether each law holds."""

    sums: dict[AccountKind, Money]
    entries: int
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)

    @property
    def owed(self) -> Money:
        """What the site owes to users and to escrows."""
        return self.sums[AccountKind.MAIN] + self.sums[AccountKind.BONUS] + self.sums[AccountKind.ESCROW]

    @property
    def at_provider(self) -> Money:
        """Money received minus money paid out."""
        return -self.sums[AccountKind.PROVIDER]


LAWS = (
    Law(
        "total",
        _("Users, escrow, commission and promotion together equal the money received minus the money paid out."),
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
        _("No user's and no escrow's account was ever below zero."),
        """
        SELECT key || ': ' || balance FROM finance_account WHERE balance < 0
        UNION ALL SELECT 'posting ' || id || ': ' || balance_after FROM finance_posting WHERE balance_after < 0
        """,
    ),
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

SUMS = """
SELECT a.kind, sum(p.amount) FROM finance_posting p JOIN finance_account a ON a.id = p.account_id GROUP BY a.kind
"""

# Made of nothing but the constants above.
_UNION = " UNION ALL ".join(
    f"SELECT '{law.name}' AS law, line FROM ({law.query}) AS broken(line)"  # noqa: S608
    for law in LAWS
)
ALL_LAWS = f"""
SELECT law, line, cases FROM (
    SELECT law, line, count(*) OVER (PARTITION BY law) AS cases, row_number() OVER (PARTITION BY law ORDER BY line) AS nth
    FROM ({_UNION}) AS every
) AS counted WHERE nth <= {EXAMPLES} ORDER BY law, nth
"""  # noqa: S608


def prove() -> Proof:
    """Check every law over the whole ledger, as it is at one moment; reads only, and keeps nobody waiting."""
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.atomic_blocks) == 1:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(SUMS)
        found = {AccountKind(kind): Money(int(cents)) for kind, cents in cursor.fetchall()}
        cursor.execute("SELECT count(*) FROM finance_entry")
        entries = int(cursor.fetchone()[0])
        return Proof({kind: found.get(kind, ZERO) for kind in AccountKind}, entries, _checks(cursor))


def breaches() -> list[str]:
    """What breaks a law, a line each; nothing when the books are right. One statement, cheap on a small ledger."""
    with connection.cursor() as cursor:
        return [f"{check.law.name}: {line}" for check in _checks(cursor) for line in check.examples]


def _checks(cursor: CursorWrapper) -> tuple[Check, ...]:
    cursor.execute(ALL_LAWS)
    broken: dict[str, int] = {}
    examples: dict[str, list[str]] = {law.name: [] for law in LAWS}
    for name, line, cases in cursor.fetchall():
        broken[name] = cases
        examples[name].append(line)
    return tuple(Check(law, broken.get(law.name, 0), tuple(examples[law.name])) for law in LAWS)
