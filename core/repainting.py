"""Painting received pictures anew, so that nothing but their pixels is kept: no EXIF, place, comment or profile (CAT-20)."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any

from PIL import Image, ImageCms, ImageOps, ImageSequence

MOST_PIXELS_OF_ALL_FRAMES = 200_000_000
ORIENTATION = 0x0112
FORMATS = {"jpg": "JPEG", "gif": "GIF", "png": "PNG", "tif": "TIFF", "bmp": "BMP"}
# (quality of JPEG, percent of width and height): the next is taken when the one before comes out too large.
ATTEMPTS = ((90, 100), (75, 100), (60, 100), (60, 75), (60, 50), (60, 33), (60, 20), (60, 10))
_MODES = {
    "JPEG": {"L", "RGB"},
    "GIF": {"1", "L", "P", "RGB", "RGBA"},
    "PNG": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"},
    "TIFF": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16", "F", "I"},
    "BMP": {"1", "L", "P", "RGB"},
}


def repainted(file: IO[bytes], kind: str, *, most_bytes: int) -> bytes:
    """The picture as a new file of the same kind, upright, all frames or pages kept; smaller if it would exceed `most_bytes`.

    Raises DecompressionBombError for too many pixels in all frames, and what Pillow raises for damaged pictures.
    """
    made = b""
    for quality, percent in ATTEMPTS:
        file.seek(0)
        with Image.open(file) as image:
            made = _painted(image, FORMATS[kind], quality, percent)
        if len(made) <= most_bytes:
            return made
    raise Image.DecompressionBombError("no smaller copy fits")


def _painted(image: Image.Image, form: str, quality: int, percent: int) -> bytes:
    count = getattr(image, "n_frames", 1) if form in ("GIF", "TIFF") else 1
    if count * image.width * image.height > MOST_PIXELS_OF_ALL_FRAMES:
        raise Image.DecompressionBombError
    options: dict[str, Any] = {}
    if form == "JPEG":
        options["quality"] = quality
    elif form == "TIFF":
        options["compression"] = "tiff_adobe_deflate"
    out = BytesIO()
    if count == 1:
        _plain(image, form, percent).save(out, form, **options)
        return out.getvalue()
    if form == "GIF":
        options |= _tempo(image)
    frames = (_plain(frame, form, percent) for frame in _frames(image))
    next(frames).save(out, form, save_all=True, append_images=list(frames), **options)
    return out.getvalue()


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(image):
        yield frame.copy()


def _tempo(image: Image.Image) -> dict[str, Any]:
    """How an animation moves: the milliseconds of each frame, how often, and that each frame stands for itself."""
    durations = [int(frame.info.get("duration", 0)) for frame in ImageSequence.Iterator(image)]
    image.seek(0)
    loop = {"loop": image.info["loop"]} if "loop" in image.info else {}
    return {"duration": durations, "disposal": 2, **loop}


def _plain(image: Image.Image, form: str, percent: int) -> Image.Image:
    upright = ImageOps.exif_transpose(image) if image.getexif().get(ORIENTATION, 1) != 1 else image
    plain = _in_common_colors(upright)
    if plain.mode not in _MODES[form]:
        clear = "A" in plain.mode or "transparency" in plain.info
        plain = plain.convert("RGBA" if clear and "RGBA" in _MODES[form] else "RGB")
    if percent < 100:
        if plain.mode == "P":
            plain = plain.convert("RGBA" if "transparency" in plain.info and form != "BMP" else "RGB")
        plain = plain.resize((max(1, plain.width * percent // 100), max(1, plain.height * percent // 100)))
    if form == "TIFF" and plain is image:
        plain = plain.copy()  # a copy has lost the tags of its file
    plain.info = {key: plain.info[key] for key in ("transparency",) if key in plain.info}
    return plain


def _in_common_colors(image: Image.Image) -> Image.Image:
    """The picture in sRGB, when it brings a color profile that says otherwise."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
