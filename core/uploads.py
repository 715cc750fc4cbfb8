"""Receiving files: the kind is proven by the content, the size is bounded (CAT-20)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import PurePath

import filetype
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignObjectRel
from django.utils.translation import gettext as _
from PIL import Image

from core.models import Upload
from core.refusals import Invalid, OutOfTurn
from core.repainting import repainted

MOST_BYTES = 4 * 1024 * 1024
MOST_PIXELS = 50_000_000
UNUSED_KEPT = timedelta(days=2)  # a form that was refused can be sent again with its files for so long

# What a name may end with, and which proven kinds of content each ending may hold.
KINDS: dict[str, frozenset[str]] = {
    "jpeg": frozenset({"jpg"}),
    "jpg": frozenset({"jpg"}),
    "gif": frozenset({"gif"}),
    "png": frozenset({"png"}),
    "tif": frozenset({"tif"}),
    "bmp": frozenset({"bmp"}),
    "avi": frozenset({"avi"}),
    "mpeg": frozenset({"mpg"}),
    "mpg": frozenset({"mpg"}),
    "mov": frozenset({"mov", "mp4"}),
    "rm": frozenset({"rm"}),
    "3gp": frozenset({"3gp", "mp4"}),
    "flv": frozenset({"flv"}),
    "mp4": frozenset({"mp4", "m4v", "mov"}),
    "zip": frozenset({"zip"}),
    "rar": frozenset({"rar"}),
    "mp3": frozenset({"mp3"}),
    "wav": frozenset({"wav"}),
    "wma": frozenset({"wmv", "wma"}),
    "ogg": frozenset({"ogg"}),
}
IMAGE_KINDS = ("jpg", "gif", "png", "tif", "bmp")
ACCEPT = ",".join(f".{ending}" for ending in KINDS)
ACCEPT_IMAGES = ",".join(f".{ending}" for ending in ("jpeg", *IMAGE_KINDS))

# Kinds that the library does not know, by their first bytes.
_SIGNATURES = {b".RMF": "rm", b"\x00\x00\x01\xba": "mpg", b"\x00\x00\x01\xb3": "mpg"}
_UNSAFE_IN_NAME = re.compile(r"[\x00-\x1f\x7f/\\<>:\"|?*\u202a-\u202e\u2066-\u2069]+")


def receive(file: UploadedFile[bytes], *, by: AbstractBaseUser, now: datetime, images_only: bool = False) -> Upload:
    """Check and store one file of the user's. Refused: over 4 MB, empty, or content that is not an accepted kind.

    Of a picture only the pixels are kept: it is painted anew, without what its file says of place, device and author.
    """
    kind, content_type = proven_kind(file, images_only=images_only)
    kept: File[bytes] = _repainted(file, kind) if kind in IMAGE_KINDS else file
    digest = hashlib.sha256()
    for chunk in kept.chunks():
        digest.update(chunk)
    kept.seek(0)
    upload = Upload(
        owner_id=by.pk,
        name=clean_name(file.name or kind),
        kind=kind,
        content_type=content_type,
        size=kept.size or 0,
        sha256=digest.hexdigest(),
        at=now,
        unused_due_at=now + UNUSED_KEPT,
    )
    upload.file.save(upload.name, kept, save=False)
    upload.save(force_insert=True)
    return upload


def remove_unused(upload_id: object, now: datetime) -> None:
    """The sweep's verb: delete a file that nothing has attached in two days; one that is attached is not looked at again.

    What attaches files is not known here: whatever refers to an upload has attached it, and the database has the last word.
    """
    upload = Upload.objects.select_for_update().get(pk=str(upload_id))
    if upload.unused_due_at is None or upload.unused_due_at > now:
        raise OutOfTurn(_("It is not time for this yet."))
    if _is_attached(upload):
        Upload.objects.filter(pk=upload.pk).update(unused_due_at=None)
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # so that it refuses here and not at the commit
            # By itself Django would first delete whatever refers to it, where that is to go with it.
            cursor.execute("DELETE FROM core_upload WHERE id = %s", [upload.pk])
    except IntegrityError:
        Upload.objects.filter(pk=upload.pk).update(unused_due_at=None)
        return
    storage, name = upload.file.storage, upload.file.name
    transaction.on_commit(lambda: storage.delete(name or ""))


def proven_kind(file: UploadedFile[bytes], *, images_only: bool = False) -> tuple[str, str]:
    """The kind and content type that the content itself shows; raises Invalid with a sentence that names the file."""
    name = clean_name(file.name or "")
    if not file.size:
        raise Invalid(_("“%(name)s” is empty.") % {"name": name})
    if file.size > MOST_BYTES:
        raise Invalid(_too_large(name, images_only))
    kind, content_type = _look_inside(file)
    ending = PurePath(name).suffix.lower().lstrip(".")
    allowed = ending in KINDS and kind in KINDS[ending] and (kind in IMAGE_KINDS or not images_only)
    if not allowed:
        raise Invalid(_refusal(name, images_only))
    if kind in IMAGE_KINDS:
        _check_image(file, name)
    return kind, content_type


def clean_name(name: str) -> str:
    """The user's file name without path, control or direction characters, at most 120 characters, ending kept."""
    plain = _UNSAFE_IN_NAME.sub("_", PurePath(name.replace("\\", "/")).name).strip(" .") or "file"
    path = PurePath(plain)
    return plain if len(plain) <= 120 else f"{path.stem[: 120 - len(path.suffix)]}{path.suffix}"


def _look_inside(file: UploadedFile[bytes]) -> tuple[str, str]:
    file.seek(0)
    head = file.read(8192)
    file.seek(0)
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return kind, "video/mpeg" if kind == "mpg" else "application/vnd.rn-realmedia"
    if head[4:11] == b"ftyp3gp":  # the library looks for it at the very beginning, where it never stands
        return "3gp", "video/3gpp"
    found = filetype.guess(head)
    return (found.extension, found.mime) if found else ("", "")


def _repainted(file: UploadedFile[bytes], kind: str) -> File[bytes]:
    name = clean_name(file.name or "")
    with _named_in_refusals(name):
        return ContentFile(repainted(file, kind, most_bytes=MOST_BYTES))


def _check_image(file: UploadedFile[bytes], name: str) -> None:
    with _named_in_refusals(name), Image.open(file) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        image.verify()
    file.seek(0)


@contextmanager
def _named_in_refusals(name: str) -> Iterator[None]:
    """What reading a picture raises, as a sentence about the file; a picture may break Pillow in any way."""
    try:
        yield
    except Image.DecompressionBombError as error:
        raise Invalid(_("“%(name)s” has too many pixels.") % {"name": name}) from error
    except Exception as error:
        raise Invalid(_("“%(name)s” is damaged: it cannot be read as a picture.") % {"name": name}) from error


def _too_large(name: str, images_only: bool) -> str:
    if images_only:
        return _("“%(name)s” is larger than 4 MB. Choose a smaller picture.") % {"name": name}
    return _("“%(name)s” is larger than 4 MB. Send a link to a cloud storage instead.") % {"name": name}


def _refusal(name: str, images_only: bool) -> str:
    """A picture is looked at where it stands, so nobody can send a link in its place."""
    if images_only:
        known = {"name": name, "kinds": ", ".join(("jpeg", *IMAGE_KINDS))}
        return _("“%(name)s” is not accepted. Choose a picture of one of these kinds: %(kinds)s.") % known
    return _(
        "“%(name)s” is not accepted. Accepted by content: %(kinds)s. Anything else: a link to a cloud storage."
    ) % {"name": name, "kinds": ", ".join(KINDS)}


def _is_attached(upload: Upload) -> bool:
    """Whether anything refers to the upload."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: upload}).exists()
        for relation in Upload._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel) and not isinstance(relation.related_model, str)
    )
