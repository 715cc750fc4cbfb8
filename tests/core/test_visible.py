"""Nobody's name holds what cannot be seen."""

from __future__ import annotations

import pytest

from core.visible import visible


@pytest.mark.parametrize(
    "hidden",
    [
        *"\u202e\u202d\u202a\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
        *"\u200b\u2060\ufeff\u00ad\u3164\u180e\u200c\u200d\U000e0041",
        "\u200d\u200d",
    ],
)
def test_what_turns_or_hides_text_is_taken_out(hidden: str) -> None:
    assert visible(f"{hidden}pay{hidden}pal {hidden} fan{hidden}") == "paypal  fan"
    assert visible(hidden) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Łódź, Zürich — “ok”\nsecond line\ttab",
        "שלום עולם",
        "مرحبا بالعالم",
        "می\u200cخواهم",  # Persian, with the joiner that its spelling needs
        "क्\u200dष",
        "👩\u200d💻 👨\u200d👩\u200d👧 ❤\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # the flag of Scotland
    ],
)
def test_every_script_is_left_as_it_is_written(text: str) -> None:
    assert visible(text) == text
