"""Pictures (CAT-20): re-encoded off-request to fixed sizes without metadata, and who may fetch what."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import User
from core.refusals import Invalid, NotAllowed
from core.uploads import receive
from kworks.models import Kwork, KworkDraft, KworkImage, Picture
from kworks.rules import CARD_SIZE, LARGE_SIZE
from kworks.steps import drafting, moderation
from kworks.steps.pictures import make_sizes
from kworks.tasks import make_missing, make_picture
from tests.kworks.files import a_file, an_image
from tests.kworks.writing import a_draft
from tests.stage import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.rule("CAT-20")]


def a_picture(stage: Stage, content: bytes, name: str = "photo.png", kwork: Kwork | None = None) -> Picture:
    kwork = kwork or a_draft(stage)
    upload = receive(a_file(name, content), by=stage.seller, now=stage.now, images_only=True)
    return drafting.add_image(kwork.pk, upload, by=stage.seller, now=stage.now)


def made(picture: Picture, stage: Stage) -> Picture:
    make_sizes(picture.pk, stage.now)
    picture.refresh_from_db()
    return picture


@pytest.mark.parametrize(
    ("kind", "name", "size"),
    [
        ("PNG", "a.png", (2000, 700)),
        ("JPEG", "a.jpg", (300, 900)),
        ("GIF", "a.gif", (20, 20)),
        ("BMP", "a.bmp", (640, 427)),
        ("TIFF", "a.tif", (1, 1)),
    ],
)
def test_every_kind_becomes_the_two_sizes(stage: Stage, kind: str, name: str, size: tuple[int, int]) -> None:
    picture = made(a_picture(stage, an_image(kind, size), name), stage)
    for file, wanted in ((picture.card, CARD_SIZE), (picture.large, LARGE_SIZE)):
        with Image.open(file) as image:
            assert (image.format, image.size, image.mode) == ("WEBP", wanted, "RGB")


def test_metadata_is_dropped_and_orientation_is_kept(stage: Stage) -> None:
    source = Image.new("RGB", (90, 60), "red")
    source.paste("blue", (0, 0, 90, 30))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    exif[0x010E] = "Taken at home"
    content = BytesIO()
    source.save(content, "JPEG", exif=exif, comment=b"secret")
    picture = made(a_picture(stage, content.getvalue(), "a.jpg"), stage)
    with picture.large.open("rb") as file:
        stored = file.read()
    assert b"Taken at home" not in stored
    assert b"secret" not in stored
    with Image.open(BytesIO(stored)) as image:
        assert not image.getexif()
        red, _green, blue = image.getpixel((640, 10))  # type: ignore[misc]
        assert red > blue, "the red half is on top once it is upright"


def test_transparency_becomes_white(stage: Stage) -> None:
    content = BytesIO()
    Image.new("RGBA", (60, 40), (0, 0, 0, 0)).save(content, "PNG")
    picture = made(a_picture(stage, content.getvalue()), stage)
    with Image.open(picture.card) as image:
        assert min(image.getpixel((5, 5))) > 250  # type: ignore[arg-type]


def test_making_twice_changes_nothing(stage: Stage) -> None:
    picture = made(a_picture(stage, an_image()), stage)
    names = picture.card.name, picture.large.name, picture.made_at
    make_sizes(picture.pk, stage.later())
    picture.refresh_from_db()
    assert (picture.card.name, picture.large.name, picture.made_at) == names
    make_sizes(999_999, stage.now)


def test_a_lost_task_is_made_up_for(stage: Stage) -> None:
    pictures = [a_picture(stage, an_image(size=(30 + each, 20))) for each in range(2)]
    make_missing()
    assert all(Picture.objects.get(pk=each.pk).made_at for each in pictures)
    make_picture(pictures[0].pk)


def test_a_picture_damaged_inside_is_noted_and_cannot_be_sent(stage: Stage, client: Client) -> None:
    whole = an_image("JPEG", (600, 400))
    kwork = a_draft(stage)
    picture = a_picture(stage, whole, "half.jpg", kwork)
    with picture.upload.file.storage.open(str(picture.upload.file.name), "wb") as file:
        file.write(whole[: len(whole) // 2])  # the disk lost the rest
    picture = made(picture, stage)
    assert picture.damaged
    with pytest.raises(Invalid, match=r"“half\.jpg” is damaged"):
        drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    client.force_login(stage.seller)
    assert "“half.jpg” is damaged" in client.get(reverse("kwork-edit", args=[kwork.pk])).content.decode()


def test_a_picture_of_someone_else_cannot_be_added(stage: Stage, sten: User) -> None:
    kwork = a_draft(stage)
    upload = receive(a_file(), by=sten, now=stage.now)
    with pytest.raises(NotAllowed):
        drafting.add_image(kwork.pk, upload, by=stage.seller, now=stage.now)
    archive = receive(a_file("a.zip", b"PK\x03\x04" + bytes(60)), by=stage.seller, now=stage.now)
    with pytest.raises(NotAllowed):
        drafting.add_image(kwork.pk, archive, by=stage.seller, now=stage.now)


def test_a_drafts_pictures_are_for_its_seller_and_moderators(
    client: Client, stage: Stage, sten: User, mo: User
) -> None:
    picture = a_picture(stage, an_image())
    addresses = [reverse("kwork-picture", args=[picture.upload_id, size]) for size in ("card", "large")]
    client.force_login(stage.seller)
    assert client.get(addresses[0]).status_code == 404, "not made yet"
    made(picture, stage)
    for user, code in ((stage.seller, 200), (mo, 200), (sten, 404)):
        client.force_login(user)
        assert [client.get(address).status_code for address in addresses] == [code, code]
    client.logout()
    assert client.get(addresses[0]).status_code == 302


def test_public_files_are_only_the_reencoded_ones(client: Client, stage: Stage) -> None:
    picture = made(a_picture(stage, an_image()), stage)
    answer = client.get(picture.card_url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert "immutable" in answer["Cache-Control"]
    assert (Path(settings.MEDIA_ROOT) / str(picture.upload.file.name)).exists()
    for path in (
        f"/media/{picture.upload.file.name}",
        f"/media/kworks/../{picture.upload.file.name}",
        f"/media/kworks/%2e%2e/{picture.upload.file.name}",
        f"/media//{picture.upload.file.name}",
        "/media/kworks/../../db.sqlite3",
        "/media/kworks/card/",
        "/media/outbox/1",
    ):
        assert client.get(path).status_code == 404, path


def test_files_go_once_nothing_shows_them(stage: Stage, django_capture_on_commit_callbacks: object) -> None:
    kwork = a_draft(stage)
    first = made(a_picture(stage, an_image(size=(30, 20)), "1.png", kwork), stage)
    drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    moderation.accept(kwork.pk, revision=1, by=stage.moderator, now=stage.now)
    paths = [Path(file.path) for file in (first.card, first.large, first.upload.file)]
    drafting.remove_image(kwork.pk, first.upload_id, by=stage.seller, now=stage.now)
    assert KworkImage.objects.filter(picture=first).exists(), "the version on sale still shows it"
    drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        moderation.accept(kwork.pk, revision=1, by=stage.moderator, now=stage.now)
    assert not Picture.objects.filter(pk=first.pk).exists()
    assert not any(path.exists() for path in paths)


def test_giving_a_change_up_drops_its_pictures_only(stage: Stage) -> None:
    kwork = a_draft(stage)
    kept = a_picture(stage, an_image(size=(30, 20)), "1.png", kwork)
    drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    moderation.accept(kwork.pk, revision=1, by=stage.moderator, now=stage.now)
    given_up = a_picture(stage, an_image(size=(40, 20)), "2.png", kwork)
    drafting.discard_change(kwork.pk, by=stage.seller, now=stage.now)
    assert list(Picture.objects.all()) == [kept]
    assert KworkDraft.objects.get(kwork=kwork).content["images"] == [str(kept.upload_id)]
    assert given_up.pk != kept.pk
