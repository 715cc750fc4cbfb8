"""What a law of the books is."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Law:
    """One thing that must hold; `query` selects what breaks it, as one line of text for each case."""

    name: str
    sentence: str | Promise
    query: str
