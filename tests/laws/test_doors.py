"""Laws 1, 2, 4 and 6: who may change what, and where the clock is read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from celery import current_app

from core.tasks import AfterCommitTask
from tests.laws.source import APPS, ROOT, modules, named, nodes, parsed, role

EDGES = {"views", "tasks", "admin", "management", "middleware", "clock", "templatetags"}
INNER = {"models", "rules", "moves", "steps", "queries", "notices", "ledger", "escrow", "proof", "sweeps", "events"}


def _status_changes(path: Path) -> Iterator[int]:
    for node in nodes(path):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = [part for t in node.targets for part in (t.elts if isinstance(t, ast.Tuple) else [t])]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr == "status":
                yield target.lineno
        match node:
            case ast.Call(func=ast.Attribute(attr="update"), keywords=words) if any(w.arg == "status" for w in words):
                yield node.lineno


def test_a_status_changes_only_in_steps() -> None:
    # The sandbox plays the payment provider and has no steps of ours; the demo walks ours.
    elsewhere = [
        f"{named(path)}:{line}"
        for path in modules(sandbox=False)
        if role(path) != "steps"
        for line in _status_changes(path)
    ]
    assert elsewhere == []


def test_an_order_changes_its_status_through_one_door() -> None:
    doors = [
        named(path) for path in (ROOT / "orders").rglob("*.py") if re.search(r"\border\.status = ", path.read_text())
    ]
    assert doors == ["orders/steps/moving.py"]


LEDGER = {"Posting", "Entry", "Account", "LotMove"}


def test_only_the_ledger_writes_postings() -> None:
    writers = []
    for path in modules(sandbox=False):
        for node in nodes(path):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[0] in LEDGER:
                call = ast.unparse(node.func)
                if call in LEDGER or call.rsplit(".", 1)[-1] in {
                    "create",
                    "bulk_create",
                    "get_or_create",
                    "update_or_create",
                    "update",
                    "delete",
                    "bulk_update",
                }:
                    writers.append(named(path))
    assert set(writers) == {"finance/ledger.py"}


def test_the_clock_is_read_only_at_the_edge() -> None:
    readers = []
    for path in modules(sandbox=False):
        text = path.read_text()
        if role(path) in INNER and ("clock.now()" in text or "timezone.now()" in text or "datetime.now(" in text):
            readers.append(named(path))
    assert readers == []


def test_every_verb_is_told_the_time() -> None:
    deaf = []
    for path in modules(sandbox=False):
        if role(path) != "steps":
            continue
        for node in parsed(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                records = any(isinstance(n, ast.Call) and ast.unparse(n.func) == "record" for n in ast.walk(node))
                arguments = {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}
                if records and "now" not in arguments:
                    deaf.append(f"{named(path)}:{node.name}")
    assert deaf == []


def test_every_task_starts_after_commit() -> None:
    ours = [task for name, task in current_app.tasks.items() if name.split(".")[0] in APPS]
    assert ours
    assert [task.name for task in ours if not isinstance(task, AfterCommitTask)] == []
