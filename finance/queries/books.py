"""What is known of the state of the books without proving them anew: runs of the proof, sealed days (FIN-07)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from core.money import ZERO, Money
from finance.models import KEPT_KINDS, AccountKind, ProofRun, SealedDay
from finance.seals.sealing import days_waiting

Line = tuple[str, Money]


@dataclass(frozen=True)
class Equation:
    """What is owed, what belongs to the site, and the money held, which is both together."""

    owed: list[Line]
    own: list[Line]
    held: Money

    @property
    def owed_sum(self) -> Money:
        return Money.total(amount for _words, amount in self.owed)

    @property
    def own_sum(self) -> Money:
        return Money.total(amount for _words, amount in self.own)


@dataclass(frozen=True)
class State:
    """The figures that are watched: of the last run of the proof, and how far sealing is behind."""

    run: ProofRun | None
    proven_at: datetime | None
    owed: Money
    held: Money
    days_waiting: int


def equation(totals: Mapping[str, int]) -> Equation:
    """The sums by kind of account, in cents, as the equation that anybody can check."""
    users = _sum(totals, AccountKind.MAIN) + _sum(totals, AccountKind.BONUS)
    owed = [
        (_("Main and bonus balances"), users),
        (_("Held for open orders"), _sum(totals, AccountKind.ESCROW)),
        (_("Withdrawals on their way"), _sum(totals, AccountKind.PAYOUT)),
    ]
    own = [
        (_("Commission earned"), _sum(totals, AccountKind.COMMISSION)),
        (_("Bonuses given"), _sum(totals, AccountKind.PROMOTION)),
        (_("Fees of the payment provider"), _sum(totals, AccountKind.PROCESSING)),
        (_("Owed after payments taken back"), _sum(totals, AccountKind.CHARGEBACK)),
    ]
    return Equation(owed, own, held(totals))


def owed(totals: Mapping[str, int]) -> Money:
    """What the site owes: balances, escrows and withdrawals on their way."""
    return Money.total(_sum(totals, kind) for kind in KEPT_KINDS)


def held(totals: Mapping[str, int]) -> Money:
    """Money received minus money paid out: what the payment provider and the bank hold for the site."""
    return -_sum(totals, AccountKind.PROVIDER)


def last_run() -> ProofRun | None:
    return ProofRun.objects.order_by("-at").first()


def latest_runs(most: int) -> list[ProofRun]:
    return list(ProofRun.objects.order_by("-at")[:most])


def latest_days(most: int) -> list[SealedDay]:
    return list(SealedDay.objects.order_by("-day").defer("seed", "numbers", "leaves")[:most])


def state(now: datetime) -> State:
    """In four short queries, however large the ledger is."""
    run = last_run()
    proven_at = run.at if run and run.holds else None
    if run and not run.holds:
        proven_at = ProofRun.objects.filter(holds=True).order_by("-at").values_list("at", flat=True).first()
    sums = run.sums if run else {}
    return State(run, proven_at, owed(sums), held(sums), days_waiting(now))


def _sum(totals: Mapping[str, int], kind: AccountKind) -> Money:
    return Money(totals[kind]) if kind in totals else ZERO
