"""The proof that the books are right (FIN-07): every law of the ledger, checked against the rows themselves.

Each check is one statement that returns the rows breaking a law, so that a broken law comes with its examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from core.money import ZERO, Money
from finance.laws import LAWS, Law
from finance.models import AccountKind

EXAMPLES = 5


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


SUMS = """
SELECT a.kind, sum(p.amount) FROM finance_posting p JOIN finance_account a ON a.id = p.account_id GROUP BY a.kind
"""

_laws: list[Law] = list(LAWS)


def install(laws: Sequence[Law]) -> None:
    """Say by which laws the site is proven; the project does this once at start (marketplace/proofs.py)."""
    _laws[:] = laws


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
    cursor.execute(_statement())
    broken: dict[str, int] = {}
    examples: dict[str, list[str]] = {law.name: [] for law in _laws}
    for name, line, cases in cursor.fetchall():
        broken[name] = cases
        examples[name].append(line)
    return tuple(Check(law, broken.get(law.name, 0), tuple(examples[law.name])) for law in _laws)


def _statement() -> str:
    """All laws in one statement, made of nothing but their own constants."""
    union = " UNION ALL ".join(
        f"SELECT '{law.name}' AS law, line FROM ({law.query}) AS broken(line)"  # noqa: S608
        for law in _laws
    )
    return f"""
    SELECT law, line, cases FROM (
        SELECT law, line, count(*) OVER (PARTITION BY law) AS cases, row_number() OVER (PARTITION BY law ORDER BY line) AS nth
        FROM ({union}) AS every
    ) AS counted WHERE nth <= {EXAMPLES} ORDER BY law, nth
    """  # noqa: S608
