"""Law 11: nothing is longer than one can hold in mind."""

import ast

from tests.laws.source import ROOT, modules, named, nodes, templates

FUNCTION_MOST, FILE_MOST, PAGE_MOST, COMPONENT_MOST = 50, 400, 120, 40


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{named(path)}:{node.lineno} {node.name}"
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_MOST
    ]
    assert long == []


def test_no_file_is_longer_than_400_lines() -> None:
    files = [*modules(), *ROOT.glob("static/css/**/*.css"), *ROOT.glob("static/js/*.js"), *ROOT.glob("tests/**/*.py")]
    assert [named(path) for path in files if len(path.read_text().splitlines()) > FILE_MOST] == []


def test_templates_stay_small() -> None:
    def most(path: str) -> int:
        return COMPONENT_MOST if "/components/" in path else PAGE_MOST

    assert [named(p) for p in templates() if len(p.read_text().splitlines()) > most(str(p))] == []


def test_no_module_is_named_after_nothing() -> None:
    nothing = {"utils", "helpers", "misc", "manager", "managers", "data", "common"}
    assert [named(path) for path in modules() if path.stem in nothing] == []
