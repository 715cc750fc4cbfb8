"""References of announced payments, such as WH-7K2M-9QX: made to be typed by payers and found on bank statements (PAY-01)."""

from __future__ import annotations

import re
import secrets

from finance.rules import OFFLINE_PREFIX, REFERENCE_LETTERS

RANDOM = 6  # letters before the last one, which is computed from them
_WRITTEN = re.compile(
    rf"{OFFLINE_PREFIX}[\s.-]*((?:[{REFERENCE_LETTERS}][\s.-]*){{{RANDOM}}}[{REFERENCE_LETTERS}])(?![A-Z0-9])"
)


def new_reference() -> str:
    """One that is hard to guess; whether it is taken is for the database to say."""
    letters = "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(RANDOM))
    return _written(letters + _last(letters))


def found_in(text: str) -> str:
    """The first reference in a text, however it is written; empty where there is none, or one with a wrong letter."""
    for match in _WRITTEN.finditer(text.upper()):
        letters = re.sub(r"[\s.-]", "", match[1])
        if _last(letters[:RANDOM]) == letters[RANDOM]:
            return _written(letters)
    return ""


def _written(letters: str) -> str:
    return f"{OFFLINE_PREFIX}-{letters[:4]}-{letters[4:]}"


def _last(letters: str) -> str:
    """With it, one wrong letter or two that changed places make another sum: the number of letters is prime."""
    total = sum(place * REFERENCE_LETTERS.index(letter) for place, letter in enumerate(letters, start=2))
    return REFERENCE_LETTERS[total % len(REFERENCE_LETTERS)]
