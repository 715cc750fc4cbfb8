"""A waiting draft beside the version on sale, part by part, with what differs marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import formats
from kworks import queries, sheets
from kworks.models import Extra, KworkDraft, KworkStatus
from kworks.sheets import Sheet, Shown

Mark = Literal["same", "gone", "added"]
_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")

LABELS: dict[str, str | Promise] = {
    "category": gettext_lazy("Category"),
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "attributes": gettext_lazy("Details"),
    "volume": gettext_lazy("Volume"),
    "price": gettext_lazy("Price"),
    "lead_days": gettext_lazy("Lead time"),
    "extras": gettext_lazy("Extras"),
    "instruction": gettext_lazy("Instruction to the buyer"),
    "images": gettext_lazy("Pictures"),
    "video": gettext_lazy("Video"),
}


@dataclass(frozen=True)
class Piece:
    """A stretch of text that both versions have, or only one of them."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Part:
    """One part of a kwork in both versions; `old` is empty for a new kwork. Pictures come beside the text."""

    name: str
    label: str
    old: list[Piece]
    new: list[Piece]
    changed: bool
    old_images: list[Shown]
    new_images: list[Shown]


def compare(draft: KworkDraft) -> list[Part]:
    """All parts in the order of the form; for a new kwork nothing is marked, as all of it is new."""
    new = sheets.of_draft(draft)
    found = queries.page_of(draft.kwork_id) if draft.kwork.status != KworkStatus.NEW else None
    old = sheets.of_kwork(found) if found else None
    return [_part(name, str(label), old, new) for name, label in LABELS.items()]


def _part(name: str, label: str, old: Sheet | None, new: Sheet) -> Part:
    now = _text(name, new)
    if old is None:
        images = new.images if name == "images" else []
        return Part(name, label, [], [Piece("same", now)], False, [], images)
    before = _text(name, old)
    pieces = list(_marked(before, now))
    return Part(
        name,
        label,
        [piece for piece in pieces if piece.mark != "added"],
        [piece for piece in pieces if piece.mark != "gone"],
        before != now or (name == "images" and _uploads(old) != _uploads(new)),
        old.images if name == "images" else [],
        new.images if name == "images" else [],
    )


def _text(name: str, sheet: Sheet) -> str:
    match name:
        case "category":
            return str(sheet.category or "")
        case "attributes":
            return "\n".join(f"{fact}: {value}" for fact, value in sheet.facts)
        case "price":
            return formats.money(sheet.price) if sheet.price else ""
        case "lead_days":
            return formats.days(sheet.lead_days) if sheet.lead_days else ""
        case "extras":
            return "\n".join(_extra(extra) for extra in sheet.extras)
        case "video":
            return f"https://www.youtube.com/watch?v={sheet.video_id}" if sheet.video_id else ""
        case "images":
            return _count(len(sheet.images))
        case _:
            return str(getattr(sheet, name))


def _count(count: int) -> str:
    return _("%(count)s in all") % {"count": count} if count else ""


def _extra(extra: Extra) -> str:
    days = formats.days_change(extra.days)
    return f"{extra.title} · {formats.money(extra.price)}" + (f" · {days}" if days else "")


def _uploads(sheet: Sheet) -> list[str]:
    return [image.upload for image in sheet.images]


def _marked(old: str, new: str) -> Iterator[Piece]:
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(before[start:end]))
            continue
        if end > start:
            yield Piece("gone", "".join(before[start:end]))
        if new_end > new_start:
            yield Piece("added", "".join(after[new_start:new_end]))
