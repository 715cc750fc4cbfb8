"""ACC-11: the profile and its settings."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import countries, pictures, queries
from accounts.models import User
from accounts.steps import showing
from core.refusals import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.rule("ACC-11")]


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def a_picture(name: str = "me.jpg", kind: str = "JPEG", size: tuple[int, int] = (900, 600)) -> SimpleUploadedFile:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", size, "teal").save(out, kind, exif=exif)
    return SimpleUploadedFile(name, out.getvalue())


WORDS = {
    "name": "Nora North",
    "headline": "Logos for bakeries",
    "about": "I draw.\nAlso on Sundays.",
    "country": "NO",
    "city": "Oslo",
    "skills": "Logos, lettering, logos , ",
    "languages": "Norwegian; English",
}


def test_the_profile_shows_what_was_written(as_nora: Client, client: Client) -> None:
    assert as_nora.post("/settings/", WORDS)["Location"] == "/settings/"
    as_nora.logout()
    page = client.get("/users/nora/").content.decode()
    for words in ("Nora North", "Logos for bakeries", "Also on Sundays.", "Oslo, Norway", "lettering", "Norwegian"):
        assert words in page
    assert User.objects.get(login="nora").skills == ["logos", "lettering"]
    assert "nora@example.org" not in page


def test_what_is_written_is_shown_as_text(as_nora: Client) -> None:
    as_nora.post("/settings/", {**WORDS, "about": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in as_nora.get("/users/nora/").content.decode()


def test_what_reads_otherwise_than_it_is_written_is_taken_out(as_nora: Client) -> None:
    hidden = {name: f"\u202e{words}\u200b" for name, words in WORDS.items() if name != "country"}
    as_nora.post("/settings/", {**WORDS, **hidden})
    saved = User.objects.get(login="nora")
    assert (saved.name, saved.headline, saved.city) == ("Nora North", "Logos for bakeries", "Oslo")
    assert (saved.skills, saved.languages) == (["logos", "lettering"], ["Norwegian", "English"])
    as_nora.post("/settings/", {**WORDS, "name": "\u2066\u200b\u2069"})
    assert User.objects.get(login="nora").shown_name == "nora"


def test_the_address_is_found_in_any_case_and_leads_to_the_right_one(client: Client, nora: User) -> None:
    answer = client.get("/users/NORA/")
    assert (answer.status_code, answer["Location"]) == (301, "/users/nora/")


def test_closed_and_missing_accounts_are_not_found(client: Client, nora: User) -> None:
    User.objects.filter(pk=nora.pk).update(is_active=False)
    assert client.get("/users/nora/").status_code == client.get("/users/nobody/").status_code == 404


def test_a_stranger_sees_the_profile_with_one_query(
    client: Client, nora: User, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.DEV_TOOLS = False  # the time machine asks the database how far it has moved the clock
    client.get("/users/nora/")
    with django_assert_num_queries(1):
        client.get("/users/nora/")


def test_a_mistake_keeps_everything_typed(as_nora: Client, nora: User) -> None:
    page = as_nora.post("/settings/", {**WORDS, "country": "Atlantis", "skills": "x" * 41}).content.decode()
    assert "longer than 40 characters" in page
    for words in ("Nora North", "Logos for bakeries", "Also on Sundays.", "Oslo", "x" * 41):
        assert words in page
    nora.refresh_from_db()
    assert nora.name == ""


def test_a_good_picture_is_kept_beside_a_mistake(as_nora: Client, nora: User) -> None:
    page = as_nora.post("/settings/", {**WORDS, "country": "Atlantis", "picture": a_picture()}).content.decode()
    assert "Your picture is saved." in page
    nora.refresh_from_db()
    assert nora.picture


def test_pictures_are_made_square_small_and_plain(nora: User) -> None:
    showing.set_picture(a_picture(), by=nora)
    with Image.open(nora.picture) as image:
        assert (image.format, image.size) == ("WEBP", (400, 400))
        assert not image.getexif()
    assert b"taken at home" not in Path(nora.picture.path).read_bytes()


def test_a_new_picture_replaces_the_old_one(
    nora: User, tmp_path: Path, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        showing.set_picture(a_picture(), by=nora)
        showing.set_picture(a_picture("me.png", "PNG"), by=nora)
    assert len(list(tmp_path.rglob("*.webp"))) == 1
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        showing.remove_picture(by=nora)
    assert list(tmp_path.rglob("*.webp")) == []


@pytest.mark.rule("CAT-20")
@pytest.mark.parametrize(
    ("name", "content"),
    [("me.jpg", b"<svg onload=alert(1)>"), ("me.svg", b"<svg/>"), ("me.zip", b"PK\x03\x04"), ("me.png", b"")],
)
def test_what_is_no_picture_is_refused_by_content(as_nora: Client, nora: User, name: str, content: bytes) -> None:
    with pytest.raises(Invalid):
        showing.set_picture(SimpleUploadedFile(name, content), by=nora)
    page = as_nora.post("/settings/", {**WORDS, "picture": SimpleUploadedFile(name, content)}).content.decode()
    assert "me." in page or "empty" in page
    assert "Nora North" in page
    nora.refresh_from_db()
    assert not nora.picture
    assert nora.name == "Nora North", "the rest was right and is saved"


def test_the_picture_can_be_removed(as_nora: Client, nora: User) -> None:
    showing.set_picture(a_picture(), by=nora)
    assert "Remove the picture" in as_nora.get("/settings/").content.decode()
    as_nora.post("/settings/picture/remove/")
    nora.refresh_from_db()
    assert not nora.picture


def test_the_meter_tells_the_owner_alone_what_is_missing(as_nora: Client, client: Client, nora: User) -> None:
    page = as_nora.get("/users/nora/").content.decode()
    assert "Your profile is 0% complete" in page
    assert 'href="/settings/#id_skills"' in page
    as_nora.post("/settings/", WORDS)
    nora.refresh_from_db()
    assert [missing.url for missing in queries.completeness(nora).missing] == ["/settings/#id_picture"]
    assert queries.completeness(nora).percent == 87
    as_nora.logout()
    assert "complete" not in client.get("/users/nora/").content.decode()


def test_every_country_of_the_standard_can_be_chosen() -> None:
    assert len(countries.COUNTRIES) == 249
    assert countries.choices()[0] == ("", "Not said")
    assert countries.name_of("SE") == "Sweden"
    assert countries.name_of("XX") == "XX"


def test_a_picture_of_too_many_pixels_is_refused_with_what_is_taken() -> None:
    with pytest.raises(Invalid, match="at most 12 megapixels"):
        pictures.squared(a_picture(size=(4000, 3001)))
    with Image.open(pictures.squared(a_picture(size=(4000, 3000)))) as image:
        assert image.size == (400, 400)
