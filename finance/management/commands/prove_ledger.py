"""manage.py prove_ledger: the proof of the books on one screen."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.formats import money
from finance.models import AccountKind
from finance.proof import Proof, prove
from finance.rules import SEALS_PROVEN


class Command(BaseCommand):
    """Prints what is owed, what is held and every law of the ledger; exit code 1 when one is broken (FIN-07)."""

    help = "Prove that the ledger is right: sums by kind of account and every law. Exit code 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all-days", action="store_true", help="compute every sealed day from its rows")

    def handle(self, *args: Any, **options: Any) -> None:
        proof = prove(seals=None if options["all_days"] else SEALS_PROVEN)
        self._equation(proof)
        for check in proof.checks:
            mark = self.style.SUCCESS("holds ") if check.holds else self.style.ERROR("BROKEN")
            self.stdout.write(f"{mark}  {check.law.sentence}")
            for line in check.examples:
                self.stdout.write(f"          {line}")
            if check.broken > len(check.examples):
                self.stdout.write(f"          … and {check.broken - len(check.examples)} more")
        if not proof.holds:
            self.stderr.write(self.style.ERROR("The ledger is not proven."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"The ledger is proven: {proof.entries} entries."))

    def _equation(self, proof: Proof) -> None:
        for kind in AccountKind:
            if kind != AccountKind.PROVIDER:
                self.stdout.write(f"{kind.label:>28}  {money(proof.sums[kind]):>16}")
        self.stdout.write(f"{'Received minus paid out':>28}  {money(proof.at_provider):>16}\n\n")
