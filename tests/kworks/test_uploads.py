"""Accepted uploads (CAT-20): the content proves the kind, not the name; at most 4 MB."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageSequence

from accounts.models import User
from core.models import Upload
from core.refusals import Invalid
from core.repainting import repainted
from core.uploads import IMAGE_KINDS, KINDS, MOST_BYTES, receive
from tests.conftest import NOW
from tests.kworks.files import an_image
from tests.kworks.samples import SAMPLES, VARIANTS, a_bomb

pytestmark = [pytest.mark.django_db, pytest.mark.rule("CAT-20")]
RULE = {
    *("jpeg", "jpg", "gif", "png", "tif", "bmp"),
    *("avi", "mpeg", "mpg", "mov", "rm", "3gp", "flv", "mp4"),
    *("zip", "rar", "mp3", "wav", "wma", "ogg"),
}


def take(sam: User, name: str, content: bytes, *, images_only: bool = False) -> Upload:
    return receive(SimpleUploadedFile(name, content), by=sam, now=NOW, images_only=images_only)


def test_the_list_is_the_rules() -> None:
    assert set(KINDS) == RULE == set(SAMPLES)
    assert MOST_BYTES == 4 * 1024 * 1024


@pytest.mark.parametrize("ending", sorted(RULE))
def test_every_kind_is_accepted(sam: User, ending: str) -> None:
    upload = take(sam, f"Sample.{ending.upper()}", SAMPLES[ending])
    assert upload.name == f"Sample.{ending.upper()}"
    content = stored(upload)
    assert (upload.size, upload.sha256) == (len(content), sha256(content).hexdigest())
    if upload.is_image:
        assert pixels(content) == pixels(SAMPLES[ending])
    else:
        assert content == SAMPLES[ending]


def pixels(content: bytes) -> tuple[str | None, tuple[int, int]]:
    with Image.open(BytesIO(content)) as image:
        image.load()
        return image.format, image.size


def stored(upload: Upload) -> bytes:
    with upload.file.open("rb") as file:
        return bytes(file.read())


SECRET = b"taken at home"


def a_photo(kind: str) -> bytes:
    """Wider than high, lying on its side, with the place where it was taken and a comment."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 54.0, 50.0)})
    out = BytesIO()
    Image.new("RGB", (48, 32), "teal").save(out, kind, exif=exif, comment=SECRET)
    return out.getvalue()


@pytest.mark.parametrize(("name", "kind"), [("me.jpg", "JPEG"), ("me.png", "PNG"), ("me.tif", "TIFF")])
def test_of_a_picture_only_the_pixels_are_kept_upright(sam: User, name: str, kind: str) -> None:
    assert SECRET in a_photo(kind)
    kept = stored(take(sam, name, a_photo(kind)))
    assert SECRET not in kept
    with Image.open(BytesIO(kept)) as image:
        assert (image.format, image.size) == (kind, (32, 48))
        assert not image.getexif().get_ifd(0x8825)
        assert not {"exif", "comment", "icc_profile", "xmp"} & image.info.keys()


def test_an_animation_keeps_its_frames_and_loses_its_comment(sam: User) -> None:
    out = BytesIO()
    frames = [Image.new("RGB", (20, 10), color) for color in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=[50, 70, 90], loop=0, comment=SECRET)
    assert SECRET in out.getvalue()
    kept = stored(take(sam, "a.gif", out.getvalue()))
    assert SECRET not in kept
    with Image.open(BytesIO(kept)) as image:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(image)] == [50, 70, 90]
        assert image.info["loop"] == 0


def test_a_picture_that_would_grow_over_the_limit_is_kept_smaller() -> None:
    noise = Image.effect_noise((200, 200), 90)
    out = BytesIO()
    noise.save(out, "PNG")
    most = len(out.getvalue()) // 2
    assert len(repainted(BytesIO(out.getvalue()), "png", most_bytes=most)) <= most


def test_a_picture_cut_short_is_refused(sam: User) -> None:
    with pytest.raises(Invalid, match="damaged"):
        take(sam, "a.jpg", an_image("JPEG", size=(400, 400))[:-200])


@pytest.mark.parametrize(("ending", "content"), VARIANTS, ids=range(len(VARIANTS)))
def test_kinds_are_accepted_as_other_programs_write_them(sam: User, ending: str, content: bytes) -> None:
    assert take(sam, f"sample.{ending}", content).size


@pytest.mark.parametrize("ending", sorted(RULE - {"jpeg", *IMAGE_KINDS}))
def test_only_pictures_where_pictures_are_asked_for(sam: User, ending: str) -> None:
    with pytest.raises(Invalid, match="jpeg, jpg, gif, png, tif, bmp"):
        take(sam, f"sample.{ending}", SAMPLES[ending], images_only=True)


EXECUTABLE = b"MZ\x90\x00\x03" + bytes(300)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>" + bytes(300)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cover.png", EXECUTABLE),
        ("cover.jpg", HTML),
        ("cover.gif", SVG),
        ("cover.svg", SVG),
        ("page.html", HTML),
        ("cover.png", an_image("JPEG")),
        ("cover.jpg", an_image("PNG")),
        ("song.mp3", SAMPLES["zip"]),
        ("archive.zip", EXECUTABLE),
        ("cover.png.exe", an_image("PNG")),
        ("cover", an_image("PNG")),
        ("cover.webp", an_image("WEBP")),
        ("document.pdf", b"%PDF-1.7" + bytes(300)),
        ("movie.mov", SAMPLES["avi"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_content_of_another_kind_is_refused_by_name_of_the_file(sam: User, name: str, content: bytes) -> None:
    with pytest.raises(Invalid, match="is not accepted"):
        take(sam, name, content)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a=1;alert(1)//" + HTML,
        b"\x89PNG\r\n\x1a\n" + HTML,
        b"\xff\xd8\xff\xe0" + HTML,
        b"BM" + HTML,
    ],
    ids=["gif", "png", "jpeg", "bmp"],
)
def test_a_page_behind_a_pictures_first_bytes_is_no_picture(sam: User, content: bytes) -> None:
    ending = {b"G": "gif", b"\x89": "png", b"\xff": "jpg", b"B": "bmp"}[content[:1]]
    with pytest.raises(Invalid):
        take(sam, f"cover.{ending}", content)


def test_an_image_bomb_is_refused_without_unpacking(sam: User) -> None:
    with pytest.raises(Invalid, match="too many pixels"):
        take(sam, "cover.png", a_bomb())


def test_size_is_bounded_to_the_byte(sam: User) -> None:
    filler = SAMPLES["ogg"]
    exactly = filler + bytes(MOST_BYTES - len(filler))
    assert take(sam, "a.ogg", exactly).size == MOST_BYTES
    with pytest.raises(Invalid, match="larger than 4 MB"):
        take(sam, "a.ogg", exactly + b"\x00")
    with pytest.raises(Invalid, match="is empty"):
        take(sam, "a.png", b"")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("..\\..\\boot.png", "boot.png"),
        ("/absolute/cover.png", "cover.png"),
        ("a\u202egnp.exe.png", "a_gnp.exe.png"),
        ('we"ird<name>.png', "we_ird_name_.png"),
        ("  .png.png", "png.png"),
        ("ш" * 200 + ".png", "ш" * 116 + ".png"),
    ],
)
def test_names_keep_no_path_and_no_tricks(sam: User, name: str, kept: str) -> None:
    upload = take(sam, name, an_image("PNG"))
    assert upload.name == kept
    assert str(upload.file.name).startswith(f"uploads/{upload.pk.hex[:2]}/")
    assert ".." not in str(upload.file.name)


@pytest.mark.parametrize("content", [b"MZ" * 500, b"x" * (MOST_BYTES + 1)], ids=["no picture", "too large"])
def test_in_a_pictures_place_no_link_can_be_sent(sam: User, now: datetime, content: bytes) -> None:
    """A profile or a gallery shows pictures; whoever sends a wrong one is told to choose another."""
    with pytest.raises(Invalid) as refused:
        receive(SimpleUploadedFile("me.png", content), by=sam, now=now, images_only=True)
    assert "hoose a" in str(refused.value)
    assert "storage" not in str(refused.value)
    with pytest.raises(Invalid, match="a link to a cloud storage"):
        receive(SimpleUploadedFile("me.png", content), by=sam, now=now)
