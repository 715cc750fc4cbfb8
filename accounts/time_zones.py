"""The time zones to choose from: those named after a place, grouped by region, and UTC."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

DEFAULT = "UTC"
_REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")

Group = tuple[str, list[tuple[str, str]]]


@cache
def names() -> frozenset[str]:
    """The names that may be chosen."""
    placed = {name for name in available_timezones() if name.partition("/")[0] in _REGIONS and "/" in name}
    return frozenset(placed | {DEFAULT})


def choices() -> list[tuple[str, str] | Group]:
    """For a select: UTC first, then a group for each region with its places by name."""
    regions: dict[str, list[tuple[str, str]]] = {region: [] for region in _REGIONS}
    for name in sorted(names() - {DEFAULT}):
        region, _, place = name.partition("/")
        regions[region].append((name, place.replace("_", " ").replace("/", ", ")))
    return [(DEFAULT, "UTC"), *regions.items()]
