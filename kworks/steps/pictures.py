"""Making a picture's fixed sizes (CAT-20), and deleting what nobody shows any more."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from functools import partial
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from PIL import Image, ImageOps

from kworks.models import KworkDraft, KworkImage, Picture
from kworks.rules import CARD_SIZE, LARGE_SIZE

QUALITY = 82
ENOUGH = (2 * LARGE_SIZE[0], 2 * LARGE_SIZE[0])  # pixels; narrow pictures still fill their width


def make_sizes(picture_id: int, now: datetime) -> None:
    """Re-encode an uploaded picture to the card's and the gallery's size, without metadata, turned the right way up.

    Safe to run twice. A picture that cannot be read to its end is marked as damaged.
    """
    with transaction.atomic():
        found = Picture.objects.select_for_update(of=("self",)).select_related("upload").filter(pk=picture_id).first()
        if found is None or found.made_at or found.damaged:
            return
        with found.upload.file.open("rb") as file:
            content = file.read()
        try:
            image = _decoded(content)
        # Pillow's readers raise errors of many kinds about bytes that are not what they should be.
        except Exception:
            found.damaged = True
            found.save(update_fields=["damaged"])
            return
        # The name tells nothing and cannot be guessed: it is public as soon as somebody knows it.
        name = f"{secrets.token_urlsafe(16)}.webp"
        found.card.save(name, _encoded(image, CARD_SIZE), save=False)
        found.large.save(name, _encoded(image, LARGE_SIZE), save=False)
        found.made_at = now
        found.save(update_fields=["card", "large", "made_at"])


def drop_unused(upload_ids: Collection[str], *, given_up_by: int) -> None:
    """Delete pictures, with uploads and files, that kwork `given_up_by` has let go and nothing else shows."""
    for picture in Picture.objects.filter(upload_id__in=upload_ids).select_related("upload"):
        drafts = KworkDraft.objects.filter(kwork__seller=picture.upload.owner_id).exclude(kwork=given_up_by)
        if (
            KworkImage.objects.filter(picture=picture).exists()
            or drafts.filter(content__images__contains=[str(picture.upload_id)]).exists()
        ):
            continue
        files = (picture.upload.file, picture.card, picture.large)
        names = [(file.storage, file.name) for file in files if file.name]
        picture.upload.delete()
        transaction.on_commit(partial(_delete_files, names))


def _delete_files(names: list[tuple[Storage, str]]) -> None:
    for storage, name in names:
        storage.delete(name)


def _decoded(content: bytes) -> Image.Image:
    """The picture upright, in plain colors on white, and not much larger than its largest size."""
    with Image.open(BytesIO(content)) as image:
        image.draft("RGB", ENOUGH)
        upright = ImageOps.exif_transpose(image)
        plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    plain.thumbnail(ENOUGH, Image.Resampling.LANCZOS)
    if plain.mode == "RGB":
        return plain
    ground = Image.new("RGBA", plain.size, "white")
    return Image.alpha_composite(ground, plain).convert("RGB")


def _encoded(image: Image.Image, size: tuple[int, int]) -> ContentFile[bytes]:
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    target = BytesIO()
    fitted.save(target, "WEBP", quality=QUALITY, method=4)
    return ContentFile(target.getvalue())
