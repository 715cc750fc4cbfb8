"""The proof that the books are right (FIN-07): every law of the ledger, checked against the rows themselves.

Each law selects the rows that break it, so that a broken one comes with its examples; the sealed days are computed anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from core.money import ZERO, Money
from finance.laws import LAWS, Law
from finance.models import KEPT_KINDS, AccountKind
from finance.rules import SEALS_PROVEN
from finance.seals import checking

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
        """What the site owes: balances, escrows and withdrawals on their way."""
        return Money.total(self.sums[kind] for kind in KEPT_KINDS)

    @property
    def at_provider(self) -> Money:
        """Money received minus money paid out."""
        return -self.sums[AccountKind.PROVIDER]

    @property
    def broken(self) -> list[Check]:
        """The laws that do not hold."""
        return [check for check in self.checks if not check.holds]


SUMS = """
SELECT a.kind, sum(p.amount) FROM finance_posting p JOIN finance_account a ON a.id = p.account_id GROUP BY a.kind
"""

_laws: list[Law] = list(LAWS)
_reconciled: list[Law] = []


def install(laws: Sequence[Law], reconciled: Sequence[Law] = ()) -> None:
    """Say by which laws the site is proven; the project does this once at start (marketplace/proofs.py).

    Those of `reconciled` hold only when all money came through the provider, as on a real site.
    """
    _laws[:] = laws
    _reconciled[:] = reconciled


def prove(*, seals: int | None = SEALS_PROVEN, turn: int = 0) -> Proof:
    """Check every law over the whole ledger, as it is at one moment; reads only, and keeps nobody waiting.

    Of the sealed days the newest `seals` are computed from their rows, and of the older ones one by `turn`; None for all.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.atomic_blocks) == 1:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(SUMS)
        found = {AccountKind(kind): Money(int(cents)) for kind, cents in cursor.fetchall()}
        cursor.execute("SELECT count(*) FROM finance_entry")
        entries = int(cursor.fetchone()[0])
        laws = [*_laws, *_reconciled]
        cursor.execute(_statement(laws))
        checks = (*_checks(cursor.fetchall(), laws), _seals(seals, turn))
        return Proof({kind: found.get(kind, ZERO) for kind in AccountKind}, entries, checks)


def breaches() -> list[str]:
    """What breaks a law, a line each; nothing when the books are right.

    One statement, cheap on a small ledger that is looked at again and again: planning it takes ten times longer than its
    run, so each connection does that once.
    """
    statement = _statement(_laws)
    name = f"laws_{zlib.crc32(statement.encode())}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_prepared_statements WHERE name = %s", [name])
        if not cursor.rowcount:
            cursor.execute(f"PREPARE {name} AS {statement}")
        cursor.execute(f"EXECUTE {name}")
        checks = _checks(cursor.fetchall(), _laws)
    return [f"{check.law.name}: {line}" for check in checks for line in check.examples]


def _seals(newest: int | None, turn: int) -> Check:
    found = checking.broken(newest=newest, turn=turn)
    return Check(checking.SEALS, len(found), tuple(found[:EXAMPLES]))


def _checks(found: Iterable[tuple[str, str, int]], laws: Sequence[Law]) -> tuple[Check, ...]:
    broken: dict[str, int] = {}
    examples: dict[str, list[str]] = {law.name: [] for law in laws}
    for name, line, cases in found:
        broken[name] = cases
        examples[name].append(line)
    return tuple(Check(law, broken.get(law.name, 0), tuple(examples[law.name])) for law in laws)


def _statement(laws: Sequence[Law]) -> str:
    """All laws in one statement, made of nothing but their own constants."""
    union = " UNION ALL ".join(
        f"SELECT '{law.name}' AS law, line FROM ({law.query}) AS broken(line)"  # noqa: S608
        for law in laws
    )
    return f"""
    SELECT law, line, cases FROM (
        SELECT law, line, count(*) OVER (PARTITION BY law) AS cases, row_number() OVER (PARTITION BY law ORDER BY line) AS nth
        FROM ({union}) AS every
    ) AS counted WHERE nth <= {EXAMPLES} ORDER BY law, nth
    """  # noqa: S608
