"""Numbers that people or their browsers send."""

from __future__ import annotations


def small_int(text: str, least: int, most: int) -> int | None:
    """The whole number that the text shows in plain digits; None when it shows none or one outside of the bounds."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)):
        return None
    number = int(text)
    return number if least <= number <= most else None
