"""The demo's words, read from the files beside this one."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Person:
    """Somebody of the demo, as a line of people.toml says it; `trade` empty: sells nothing."""

    login: str
    name: str
    look: str
    city: str
    country: str
    time_zone: str
    languages: list[str]
    trade: str
    headline: str


@dataclass(frozen=True)
class Section:
    """What all categories of a section share: sentences, extras as (title, dollars, days), what buyers write."""

    openings: list[str]
    closings: list[str]
    extras: list[tuple[str, int, int]]
    briefs: list[str]
    deliveries: list[str]
    returns: list[str]
    likes: list[str]
    dislikes: list[str]


@dataclass(frozen=True)
class Trade:
    """What is sold in one category: titles, and the ranges that prices (dollars) and lead times (days) come from."""

    section: str
    category: str
    common: Section
    kind: str
    share: int
    titles: list[str]
    captions: list[str]
    about: list[str]
    volume: list[str]
    days: tuple[int, int]
    ask: str
    price: tuple[int, int] | None = None
    numbers: dict[str, tuple[int, int]] = field(default_factory=dict)


@cache
def people(group: str) -> list[Person]:
    """The people of one group: cast, sellers or buyers."""
    return [Person(*line) for line in _read("people.toml")[group]]


@cache
def abouts() -> list[str]:
    return list(_read("people.toml")["abouts"])


@cache
def talk() -> dict[str, Any]:
    """Sentences for threads and for moderators."""
    return _read("talk.toml")


@cache
def trades() -> list[Trade]:
    """Everything that is sold, by category."""
    found = []
    for path in sorted((FOLDER / "kworks").glob("*.toml")):
        read = _read(f"kworks/{path.name}")
        categories = read.pop("categories")
        common = Section(**read)
        found += [Trade(path.stem, slug, common, **about) for slug, about in categories.items()]
    return found


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text())
