"""What a kwork says, put together for showing: the same for what is on sale and for a draft of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.money import Money
from kworks import attributes, queries
from kworks.content import SAVES
from kworks.forms import video_id
from kworks.models import Category, Extra, Kwork, KworkDraft, Picture


@dataclass(frozen=True)
class Shown:
    """A picture in the gallery; `url` is empty until its sizes are made."""

    upload: str
    url: str
    thumb_url: str
    alt: str
    name: str
    damaged: bool = False


@dataclass(frozen=True)
class Sheet:
    """A kwork's parts. A draft may lack any of them; `lead_days` in days, `price` what the buyer pays."""

    category: Category | None
    title: str
    description: str
    volume: str
    instruction: str
    video_id: str
    price: Money | None
    lead_days: int | None
    facts: list[tuple[str, str]]
    extras: list[Extra]
    images: list[Shown]

    @property
    def ready_images(self) -> list[Shown]:
        return [image for image in self.images if image.url]


def of_kwork(kwork: Kwork) -> Sheet:
    """The version on sale. Reads what queries.page_of has fetched."""
    asked = kwork.category.attributes.all() if kwork.category else ()
    pictures = [image.picture for image in kwork.images.all()]
    return Sheet(
        category=kwork.category,
        title=kwork.title,
        description=kwork.description,
        volume=kwork.volume,
        instruction=kwork.instruction,
        video_id=kwork.video_id,
        price=kwork.price,
        lead_days=kwork.lead_days,
        facts=attributes.facts(asked, kwork.attributes),
        extras=list(kwork.extras.all()),
        images=[Shown(str(each.upload_id), each.large_url, each.card_url, kwork.title, "") for each in pictures],
    )


def of_draft(draft: KworkDraft) -> Sheet:
    """What the seller has typed so far; what cannot be read yet is left out."""
    content = draft.content
    category = queries.category(content.get("category", ""))
    asked = category.attributes.all() if category else ()
    price = _money(content.get("price"))
    return Sheet(
        category=category,
        title=content.get("title", "").strip(),
        description=content.get("description", "").strip(),
        volume=content.get("volume", "").strip(),
        instruction=content.get("instruction", "").strip(),
        video_id=video_id(content.get("video", "")),
        price=category.price if category and category.is_fixed else price,
        lead_days=_number(content.get("lead_days")),
        facts=attributes.facts(asked, content.get("attributes", {})),
        extras=[_extra(row) for row in content.get("extras", []) if row.get("title", "").strip()],
        images=of_uploads(content.get("images", []), content.get("title", "")),
    )


def of_uploads(upload_ids: Iterable[str], alt: str) -> list[Shown]:
    """A draft's pictures in their order, at addresses that only its seller and moderators may open."""
    wanted = list(upload_ids)
    found = {
        str(picture.upload_id): picture
        for picture in Picture.objects.filter(upload_id__in=wanted).select_related("upload")
    }
    return [_private(found[each], alt) for each in wanted if each in found]


def _private(picture: Picture, alt: str) -> Shown:
    large, card = (reverse("kwork-picture", args=[picture.upload_id, size]) for size in ("large", "card"))
    made = bool(picture.made_at)
    return Shown(
        str(picture.upload_id),
        large if made else "",
        card if made else "",
        alt,
        picture.upload.name,
        picture.damaged,
    )


def _extra(row: dict[str, Any]) -> Extra:
    days = _number(row.get("days")) or 0
    price = _money(row.get("price"))
    return Extra(title=row["title"].strip(), price=price or Money(0), days=-days if row.get("way") == SAVES else days)


def _money(text: str | None) -> Money | None:
    try:
        return Money.parse(text or "")
    except ValueError:
        return None


def _number(text: str | None) -> int | None:
    clean = (text or "").strip()
    return int(clean) if clean.isdecimal() and len(clean) <= 3 else None
