"""A tiny real sample of every accepted kind, and things that pretend to be one."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

from tests.kworks.files import an_image


def _zip() -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        # Of a fixed day: what is made while tests are collected must be the same in every process.
        archive.writestr(zipfile.ZipInfo("brief.txt", (2026, 3, 2, 9, 0, 0)), "Here it is.")
    return target.getvalue()


def _wav() -> bytes:
    sound = bytes(64)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _avi() -> bytes:
    body = b"AVI LIST" + struct.pack("<I", 4) + b"hdrl"
    return b"RIFF" + struct.pack("<I", len(body)) + body + bytes(32)


def _boxes(brand: bytes, *compatible: bytes) -> bytes:
    kinds = brand + bytes(4) + b"".join(compatible or (brand,))
    return struct.pack(">I", 8 + len(kinds)) + b"ftyp" + kinds + struct.pack(">I", 8) + b"mdat" + bytes(32)


_ASF = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C") + bytes(64)

SAMPLES: dict[str, bytes] = {
    "jpeg": an_image("JPEG"),
    "jpg": an_image("JPEG"),
    "gif": an_image("GIF"),
    "png": an_image("PNG"),
    "tif": an_image("TIFF"),
    "bmp": an_image("BMP"),
    "avi": _avi(),
    "mpeg": b"\x00\x00\x01\xba" + bytes(64),
    "mpg": b"\x00\x00\x01\xb3" + bytes(64),
    "mov": _boxes(b"qt  "),
    "rm": b".RMF\x00\x00\x00\x12" + bytes(64),
    "3gp": _boxes(b"3gp5", b"3gp5", b"isom"),
    "flv": b"FLV\x01\x05\x00\x00\x00\x09" + bytes(32),
    "mp4": _boxes(b"isom", b"isom", b"mp42"),
    "zip": _zip(),
    "rar": b"Rar!\x1a\x07\x00" + bytes(64),
    "mp3": b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" + bytes(413),
    "wav": _wav(),
    "wma": _ASF,
    "ogg": b"OggS\x00\x02" + bytes(64),
}
# The same kinds as other programs write them.
VARIANTS: list[tuple[str, bytes]] = [
    ("tif", b"MM\x00\x2a" + an_image("TIFF")[4:]) if an_image("TIFF")[:2] == b"MM" else ("tif", an_image("TIFF")),
    ("mp4", _boxes(b"mp42", b"mp42", b"isom")),
    ("mp4", _boxes(b"M4V ", b"M4V ", b"mp42")),
    ("mov", _boxes(b"qt  ", b"qt  ", b"mp42")),
    ("3gp", _boxes(b"3gp4", b"3gp4")),
    ("rar", b"Rar!\x1a\x07\x01\x00" + bytes(64)),
    ("mp3", b"\xff\xfb\x90\x64" + bytes(413)),
    ("gif", an_image("GIF")[:3] + b"89a" + an_image("GIF")[6:]),
]


def a_bomb() -> bytes:
    """A PNG of a few kilobytes that would unpack to 900 million pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(4096))) + chunk(b"IEND", b"")
    )
