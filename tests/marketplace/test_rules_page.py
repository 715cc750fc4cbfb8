"""The rules page prints what the site runs."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from arbitration.rules import REASONS
from core.formats import percent
from core.money import Money
from marketplace.management.commands.rules import marked_tests
from marketplace.rulebook import all_rules
from marketplace.rulebook.disputes import TABLE
from marketplace.rulebook.rule import Rule, written


@pytest.mark.django_db
def test_every_rule_stands_on_the_page_under_its_own_address(client: Client) -> None:
    page = client.get("/rules/").content.decode()
    for rule in all_rules():
        assert f'id="{rule.id}"' in page
    assert "24 hours" in page
    assert "20 minutes" in page
    assert "3 days" in page


@pytest.mark.django_db
@pytest.mark.rule("CAN-14")
def test_the_cancellation_table_is_printed_from_the_table_that_runs(client: Client) -> None:
    page = " ".join(client.get("/rules/").content.decode().split())
    assert {row.id for row in TABLE} == REASONS.keys() | {"CAN-14"}
    assert "seller, 2 days; at once if Expired" in page
    assert "within 20 minutes of the order, nothing delivered" in page
    for row in TABLE:
        assert all(cell in unescape(page) for cell in row.written_cells)


def test_ids_are_given_once() -> None:
    ids = [rule.id for rule in all_rules()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (timedelta(hours=24), "24 hours"),
        (timedelta(days=3), "3 days"),
        (timedelta(minutes=20), "20 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (Money(320), "$3.20"),
        (10, "10"),
    ],
)
def test_numbers_are_written_for_people(number: Money | timedelta | int, text: str) -> None:
    assert written(number) == text


@pytest.mark.parametrize(("rate", "text"), [(2_000, "20%"), (450, "4.5%"), (1, "0.01%"), (10_000, "100%")])
def test_shares_are_written_without_needless_zeros(rate: int, text: str) -> None:
    assert percent(rate) == text


def test_a_rule_fills_its_numbers_in() -> None:
    assert str(Rule("X-01", "within %(time)s", {"time": timedelta(hours=24)})) == "within 24 hours"


def test_marks_are_found_on_functions_classes_and_modules(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_a.py").write_text(
        "import pytest\n"
        'pytestmark = [pytest.mark.rule("ORD-01")]\n'
        '@pytest.mark.rule("ORD-02", "ORD-03")\n'
        "def test_it(): ...\n"
    )
    found = marked_tests(folder)
    assert found == {
        "ORD-01": ["tests/test_a.py"],
        "ORD-02": ["tests/test_a.py::test_it"],
        "ORD-03": ["tests/test_a.py::test_it"],
    }


def test_every_built_rule_is_proven() -> None:
    call_command("rules", "--check")
