"""The category tree that a new site starts with, from the files in kworks/tree (CAT-07)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from core.money import Money, dollars
from kworks.models import Attribute, Category, Pricing
from kworks.rules import PRICE_LEAST, PRICE_STEP

TREE = Path(__file__).resolve().parent.parent / "tree"


def plant_tree(categories: type[Category] = Category, attributes: type[Attribute] = Attribute) -> None:
    """Add the sections, categories and attributes of the files that are missing; what is there stays as staff has made it.

    A migration passes its own historical models.
    """
    branches = [tomllib.loads(file.read_text()) for file in sorted(TREE.glob("*.toml"))]
    sections = {each.slug: each for each in categories.objects.filter(parent=None)}
    missing = [(place, branch) for place, branch in enumerate(branches) if branch["slug"] not in sections]
    for made in categories.objects.bulk_create([categories(**_named(each, place)) for place, each in missing]):
        sections[made.slug] = made
    known = set(categories.objects.filter(parent__isnull=False).values_list("parent_id", "slug"))
    rows, planned = [], []
    for branch in branches:
        section = sections[branch["slug"]]
        for place, each in enumerate(branch["categories"]):
            if (section.pk, each["slug"]) not in known:
                rows.append(categories(parent=section, **_named(each, place), **_priced(each)))
                planned.append(each.get("attributes", []))
    grown = categories.objects.bulk_create(rows)
    attributes.objects.bulk_create(
        [
            attributes(category=category, **fields)
            for category, asked in zip(grown, planned, strict=True)
            for fields in _attributes(asked)
        ]
    )


def _named(entry: dict[str, Any], place: int) -> dict[str, Any]:
    return {
        "name": entry["name"],
        "slug": entry["slug"],
        "summary": entry["summary"],
        "icon": entry.get("icon", ""),
        "position": place,
    }


def _priced(entry: dict[str, Any]) -> dict[str, Any]:
    """Whole dollars in the file; without a word about it the price is free from the least one on (CAT-02)."""
    fixed = entry.get("fixed", False)
    return {
        "pricing": Pricing.FIXED.value if fixed else Pricing.FREE.value,
        "price": _dollars(entry, "price", PRICE_LEAST),
        "price_step": _dollars(entry, "step", PRICE_STEP),
    }


def _dollars(entry: dict[str, Any], name: str, otherwise: Money) -> Money:
    return dollars(entry[name]) if name in entry else otherwise


def _attributes(asked: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for place, entry in enumerate(asked):
        yield {
            "name": entry["name"],
            "key": entry["key"],
            "kind": entry["kind"],
            "options": [{"key": slugify(name), "name": name} for name in entry.get("options", [])],
            "unit": entry.get("unit", ""),
            "required": entry.get("required", False),
            "position": place,
        }
