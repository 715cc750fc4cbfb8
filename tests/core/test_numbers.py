"""Numbers as browsers send them: bounded before they are used."""

from __future__ import annotations

import pytest

from core.numbers import small_int


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("99", 99),
        ("0", None),
        ("100", None),
        ("9" * 10_000, None),
        ("", None),
        ("-1", None),
        (" 1", None),
        ("1.0", None),
        ("\u0661", None),
        ("\u00b2", None),
    ],
)
def test_only_plain_digits_within_the_bounds_are_a_number(text: str, number: int | None) -> None:
    assert small_int(text, 1, 99) == number
