"""What a migrated database depends on, in one short word: equal words, equal databases."""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA_SUFFIXES = (".json", ".sql", ".csv", ".toml", ".txt")


def fingerprint() -> str:
    """Covers every migration, the project's modules that migrations import, data files and the pinned packages."""
    migrations = sorted(ROOT.glob("*/migrations/*.py"))
    modules = set(_with_imports(migrations))
    data = {path for app in _apps(migrations) for path in app.rglob("*") if path.suffix in DATA_SUFFIXES}
    settings = {ROOT / "marketplace" / "settings.py", ROOT / "requirements" / "base.txt"}
    digest = hashlib.sha256()
    for path in sorted(modules | data | settings):
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _apps(migrations: list[Path]) -> set[Path]:
    return {path.parent.parent for path in migrations}


def _with_imports(paths: list[Path]) -> Iterator[Path]:
    """The files themselves and, however far, the project's own modules they import."""
    seen: set[Path] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        yield path
        waiting.extend(_imported(path))


def _imported(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            place = ROOT.joinpath(*name.split("."))
            yield from (place.with_suffix(".py"), place / "__init__.py")
