"""`manage.py rules`: every built rule with the tests that carry its id."""

from __future__ import annotations

import ast
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.rulebook import BEGUN, all_rules


class Command(BaseCommand):
    """Lists rules and their tests; with --check, only fails on a rule without a test or a mark without a rule."""

    help = "List every rule of the marketplace with the tests that prove it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only fail where rules and tests do not match")

    def handle(self, *args: Any, **options: Any) -> None:
        proofs = marked_tests(Path(settings.BASE_DIR) / "tests")
        published = {rule.id for rule in all_rules()}
        problems = [f"{rule.id} claims to be built and has no test" for rule in all_rules() if rule.id not in proofs]
        problems += [
            f"{name} is marked in {tests[0]} and is no rule"
            for name, tests in proofs.items()
            if name not in published | BEGUN
        ]
        if not options["check"]:
            self._list(proofs)
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(f"{len(published)} rules, {sum(map(len, proofs.values()))} proofs.")

    def _list(self, proofs: dict[str, list[str]]) -> None:
        for rule in all_rules():
            self.stdout.write(f"{rule.id}  {rule}")
            for test in proofs.get(rule.id, ()):
                self.stdout.write(f"        {test}")


def marked_tests(folder: Path) -> dict[str, list[str]]:
    """Names of the tests under `folder` that carry `pytest.mark.rule(id)`, by id; a module's mark counts for the module."""
    proofs: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for rule, where in _marks(ast.parse(path.read_text())):
            proofs[rule].append(f"{path.relative_to(folder.parent)}{where}")
    return dict(proofs)


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                yield from ((rule, f"::{node.name}") for rule in _ids(decorator))
        elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "pytestmark" for target in node.targets):
            yield from ((rule, "") for rule in _ids(node.value))


def _ids(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rule":
            yield from (str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))
