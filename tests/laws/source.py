"""The project's own files, as the laws read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "core",
    "accounts",
    "notifications",
    "finance",
    "referrals",
    "kworks",
    "orders",
    "reputation",
    "arbitration",
    "marketplace",
)
FAKE_SANDBOX = ROOT / "finance" / "sandbox"


def modules(*, sandbox: bool = True) -> Iterator[Path]:
    """Every Python file of the apps but migrations; the sandbox is a program of its own and may be left out."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts and (sandbox or FAKE_SANDBOX not in path.parents):
                yield path


def templates() -> Iterator[Path]:
    return iter(sorted((ROOT / "templates").rglob("*.html")))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in the file's tree."""
    return list(ast.walk(parsed(path)))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def role(path: Path) -> str:
    """What an app's file is by its name: `orders/steps/work.py` is of `steps`, `finance/ledger.py` of `ledger`."""
    return path.relative_to(ROOT).with_suffix("").parts[1]
