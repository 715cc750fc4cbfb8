"""What a draft holds: the seller's own input, field by field, as it was typed.

Plain text under `TEXTS`; `attributes` by their keys (a text, or a list of texts); `extras` as rows of texts under
`EXTRA_TEXTS`; `images` as ids of uploads, the cover first. `images` has verbs of its own and is never part of what
a form saves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.refusals import Invalid
from core.visible import visible
from kworks.models import Kwork
from kworks.rules import DRAFT_CHARACTERS_MOST, EXTRAS_MOST

Content = dict[str, Any]

TEXTS = ("category", "title", "description", "volume", "price", "lead_days", "instruction", "video")
EXTRA_TEXTS = ("title", "price", "days", "way")
# What a moderator can remark on: every part of a kwork that the seller writes, in the order of the form.
PARTS = (
    "category",
    "title",
    "description",
    "attributes",
    "volume",
    "price",
    "lead_days",
    "extras",
    "instruction",
    "images",
    "video",
)
ATTRIBUTE = "attr-"
EXTRA = "extras-"
MANY = "many"
SAVES = "less"
ADDS = "more"
_EXTRA_NAME = re.compile(r"extras-(\d{1,3})-(?:title|price|days|way)")


def blank_extra() -> dict[str, str]:
    return {"title": "", "price": "", "days": "", "way": ADDS}


def typed(data: QueryDict) -> Content:
    """What a sent form holds, as typed. Fields that it does not have are left out, so they keep what was saved."""
    content: Content = {name: _text(data, name) for name in TEXTS if name in data}
    attributes: dict[str, str | list[str]] = {
        _clean(name.removeprefix(ATTRIBUTE)): _text(data, name) for name in data if name.startswith(ATTRIBUTE)
    }
    # Boxes to tick send nothing when none is ticked; MANY says that they were asked for.
    for key in data.getlist(MANY):
        attributes[_clean(key)] = [_clean(value) for value in data.getlist(ATTRIBUTE + key)]
    if attributes:
        content["attributes"] = attributes
    if "extras" in data:
        content["extras"] = _extras(data)
    return content


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Content:
    """The saved content with what was typed now; pictures and the answers given for other categories stay.

    Refused: more text than a draft may hold.
    """
    content = {**old, **{name: value for name, value in new.items() if name != "images"}}
    content["attributes"] = {**old.get("attributes", {}), **new.get("attributes", {})}
    content["extras"] = content.get("extras", [])[:EXTRAS_MOST]
    content["images"] = old.get("images", [])
    if len(json.dumps(content, ensure_ascii=False)) > DRAFT_CHARACTERS_MOST:
        raise Invalid(_("This is more text than a kwork can hold. It was not saved: please shorten it."))
    return content


def of_kwork(kwork: Kwork) -> Content:
    """The version on sale, as its seller would have typed it."""
    return {
        "category": str(kwork.category_id or ""),
        "title": kwork.title,
        "description": kwork.description,
        "volume": kwork.volume,
        "price": str(kwork.price),
        "lead_days": str(kwork.lead_days),
        "instruction": kwork.instruction,
        "video": f"https://youtu.be/{kwork.video_id}" if kwork.video_id else "",
        "attributes": {key: _as_typed(value) for key, value in kwork.attributes.items()},
        "extras": [
            {
                "title": extra.title,
                "price": str(extra.price),
                "days": str(abs(extra.days) or ""),
                "way": SAVES if extra.days < 0 else ADDS,
            }
            for extra in kwork.extras.all()
        ],
        "images": [str(image.picture.upload_id) for image in kwork.images.all()],
    }


def form_values(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content under the names of the form's fields."""
    values: dict[str, Any] = {name: content.get(name, "") for name in TEXTS}
    values |= {ATTRIBUTE + key: value for key, value in content.get("attributes", {}).items()}
    for index, row in enumerate(content.get("extras", [])):
        values |= {f"{EXTRA}{index}-{name}": row.get(name, "") for name in EXTRA_TEXTS}
    return values


def _text(data: QueryDict, name: str) -> str:
    return _clean(str(data.get(name, "")))


def _clean(text: str) -> str:
    # PostgreSQL keeps no zero characters, browsers send line ends as two.
    return visible(text.replace("\x00", "").replace("\r\n", "\n"))


def _extras(data: QueryDict) -> list[dict[str, str]]:
    found = (_EXTRA_NAME.fullmatch(name) for name in data)
    indexes = sorted({int(match[1]) for match in found if match})
    return [{name: _text(data, f"{EXTRA}{index}-{name}") for name in EXTRA_TEXTS} for index in indexes[:EXTRAS_MOST]]


def _as_typed(value: object) -> str | list[str]:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return [str(item) for item in value] if isinstance(value, list) else str(value)
