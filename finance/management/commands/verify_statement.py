"""manage.py verify_statement FILE [--roots FILE]: check a statement against the sealed ledger."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from finance.verifier import verify_file


class Command(BaseCommand):
    """Prints the verdict in plain words; exit code 1 when anything is wrong or nothing proven. It needs no database (FIN-06)."""

    help = "Check a JSON statement of the balance page. Exit code 1 when anything in it is wrong, or nothing proven."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the JSON statement")
        parser.add_argument("--roots", help="a saved /proof/roots.json to compare with")

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify_file(options["file"], options["roots"])
        for sentence in verdict.sentences():
            self.stdout.write(sentence)
        if not verdict.holds:
            sys.exit(1)
