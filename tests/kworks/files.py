"""Small real files, made on the spot."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def an_image(kind: str = "PNG", size: tuple[int, int] = (48, 32), color: str = "teal", **how: Any) -> bytes:
    target = BytesIO()
    Image.new("RGB", size, color).save(target, kind, **how)
    return target.getvalue()


def a_file(name: str = "cover.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, an_image() if content is None else content)
