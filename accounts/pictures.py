"""Turning what people upload as their picture into one small square image without metadata (ACC-11)."""

from __future__ import annotations

from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from accounts import rules
from core.refusals import Invalid
from core.uploads import proven_kind


def squared(file: UploadedFile[bytes]) -> ContentFile[bytes]:
    """The middle of the picture, 400 by 400 pixels, as WebP with nothing but pixels in it.

    Raises Invalid with a sentence when the content is no accepted image or too large: over 12 megapixels.
    """
    proven_kind(file, images_only=True)
    side = (rules.PICTURE_PIXELS, rules.PICTURE_PIXELS)
    with Image.open(file) as image:
        if image.width * image.height > rules.PICTURE_PIXELS_MOST:
            raise Invalid(_("This picture is too large: send one of at most 12 megapixels, such as 4000 by 3000."))
        # A JPEG unpacks straight to about the size that is wanted, twice that for sharpness.
        image.draft(None, (rules.PICTURE_PIXELS * 2, rules.PICTURE_PIXELS * 2))
        try:
            upright = ImageOps.exif_transpose(image).convert("RGBA")
        except OSError as error:
            raise Invalid(_("This picture is damaged: it cannot be read to its end.")) from error
    fitted = ImageOps.fit(upright, side, Image.Resampling.LANCZOS)
    # A fresh image carries no EXIF, comments or color profiles; white stands where the picture was transparent.
    plain = Image.new("RGB", side, "white")
    plain.paste(fitted, mask=fitted.getchannel("A"))
    out = BytesIO()
    plain.save(out, "WEBP", quality=rules.PICTURE_QUALITY)
    return ContentFile(out.getvalue(), name="picture.webp")
