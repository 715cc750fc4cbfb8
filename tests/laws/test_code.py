"""Laws 3 and the house's ways: what our code does not contain."""

from __future__ import annotations

import ast
import re

import pytest
from django.apps import apps

from marketplace.schedule import SWEEPS
from tests.laws.source import APPS, modules, named, nodes, role

MONEY_ROOMS = ("finance", "referrals", "kworks", "orders", "arbitration", "reputation")


def _names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()


def test_money_knows_no_fractions() -> None:
    found = []
    for path in modules(sandbox=False):
        if named(path).split("/")[0] not in MONEY_ROOMS and named(path) != "core/money.py":
            continue
        for node in nodes(path):
            divides = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and role(path) == "rules"
            makes = isinstance(node, ast.Call) and ast.unparse(node.func) in {"float", "Decimal", "round"}
            if divides or makes or "decimal" in _names(node):
                found.append(f"{named(path)}:{getattr(node, 'lineno', 0)}")
    assert found == []


def test_nothing_of_the_business_hangs_on_signals() -> None:
    signals = {"django.dispatch", "django.db.models.signals", "django.core.signals"}
    users = [named(path) for path in modules() for node in nodes(path) if _names(node) & signals]
    assert users == []


def test_our_models_are_never_looked_up_by_name() -> None:
    model = re.compile(rf"[\"']({'|'.join(APPS)})\.[A-Z][A-Za-z]+[\"']")
    found = [named(p) for p in modules() if "get_model(" in p.read_text() or model.search(p.read_text())]
    assert [path for path in found if path != "marketplace/settings.py"] == []


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
@pytest.mark.rule("ORD-16")
def test_every_timer_is_a_column_with_a_partial_index(sweep: object) -> None:
    rows, column = sweep.rows(), sweep.column  # type: ignore[attr-defined]
    partial = [index for index in rows.model._meta.indexes if index.condition is not None]
    assert any(index.fields[:1] == [column] for index in partial), f"{sweep}: no partial index begins with {column}"


def test_every_app_has_its_room() -> None:
    assert {config.name for config in apps.get_app_configs()} >= set(APPS)
