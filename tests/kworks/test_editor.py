"""The editor's page: everything typed is kept, whatever is pressed (CAT-16)."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import User
from core.models import Upload
from kworks.models import Category, DraftStatus, Kwork, KworkDraft, Picture
from kworks.steps import drafting, moderation
from tests.kworks.files import a_file
from tests.kworks.writing import a_draft, a_waiting_draft, publish
from tests.stage import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.rule("CAT-16")]


@pytest.fixture
def seller(client: Client, stage: Stage) -> Client:
    client.force_login(stage.seller)
    return client


def sent(kwork: Kwork, do: str = "save", **changes: Any) -> dict[str, Any]:
    """What the browser sends for the draft as it stands, with changes."""
    draft = KworkDraft.objects.get(kwork=kwork)
    texts = {name: value for name, value in draft.content.items() if isinstance(value, str)}
    rows = {
        f"extras-{index}-{name}": value
        for index, row in enumerate(draft.content.get("extras", []))
        for name, value in row.items()
    }
    return {**texts, **rows, "extras": "1", "revision": str(draft.revision), "do": do, **changes}


def press(client: Client, kwork: Kwork, do: str = "save", **changes: Any) -> HttpResponse:
    address = reverse("kwork-edit", args=[kwork.pk])
    return client.post(address, sent(kwork, do, **changes), follow=True)  # type: ignore[return-value]


def saved(kwork: Kwork) -> dict[str, Any]:
    found: dict[str, Any] = KworkDraft.objects.get(kwork=kwork).content
    return found


def test_without_a_confirmed_email_one_is_told_how_to_confirm(seller: Client, stage: Stage) -> None:
    EmailAddress.objects.filter(user=stage.seller).update(verified=False)
    for address in (reverse("kwork-new"), reverse("my-kworks")):
        page = seller.get(address).content.decode()
        assert "Confirm your e-mail address first" in page
        assert reverse("confirm-again") in page
    refused = seller.post(reverse("kwork-new"), {"title": "A portrait"}, follow=True).content.decode()
    assert "only then can you create kworks" in refused
    assert not Kwork.objects.exists()


def test_a_double_click_begins_one_kwork(seller: Client) -> None:
    typed = {"title": "A portrait", "category": str(Category.objects.get(slug="logos").pk)}
    first = seller.post(reverse("kwork-new"), typed)
    assert seller.post(reverse("kwork-new"), typed)["Location"] == first["Location"]
    assert Kwork.objects.count() == 1


def test_saving_keeps_everything_as_typed(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    page = press(seller, kwork, title="<b>", price="a lot", description="One\r\ntwo").content.decode()
    assert "The draft is saved." in page
    assert 'value="&lt;b&gt;"' in page
    assert (saved(kwork)["price"], saved(kwork)["description"]) == ("a lot", "One\ntwo")


def test_autosave_answers_with_a_line_and_the_next_revision(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    address = reverse("kwork-edit", args=[kwork.pk])
    answer = seller.post(address, sent(kwork, "autosave", volume="Two"), headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "Saved Mar 2, 2026" in text or "Saved" in text
    assert 'name="revision" value="2"' in text
    assert "<form" not in text
    assert saved(kwork)["volume"] == "Two"
    stale = seller.post(
        address, {**sent(kwork, "autosave", volume="Three"), "revision": "1"}, headers={"HX-Request": "true"}
    )
    assert "changed in another tab" in stale.content.decode()
    assert saved(kwork)["volume"] == "Two"


def test_autosave_after_logging_out_is_no_login_page(client: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    address = reverse("kwork-edit", args=[kwork.pk])
    assert client.post(address, {"do": "autosave"}, headers={"HX-Request": "true"}).status_code == 401
    assert client.post(address, {"do": "save"}).status_code == 302


def test_a_stale_text_is_shown_for_copying_and_can_be_forced(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    drafting.save_draft(kwork.pk, {"volume": "By the other tab"}, revision=1, by=stage.seller, now=stage.now)
    page = press(seller, kwork, volume="By this tab", revision="1").content.decode()
    assert "changed in another tab" in page
    assert "By this tab" in page
    assert saved(kwork)["volume"] == "By the other tab"
    press(seller, kwork, volume="By this tab", revision="1", overwrite="2")
    assert saved(kwork)["volume"] == "By this tab"


def test_extras_are_added_and_removed_by_presses(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    press(seller, kwork, "add-extra", title="Typed at the same time")
    press(seller, kwork, "add-extra", **{"extras-0-title": "A frame", "extras-0-price": "4"})
    assert [row["title"] for row in saved(kwork)["extras"]] == ["A frame", ""]
    assert saved(kwork)["title"] == "Typed at the same time"
    press(seller, kwork, "remove-extra:1")
    press(seller, kwork, "remove-extra:9")
    assert [row["title"] for row in saved(kwork)["extras"]] == ["A frame"]
    for _ in range(12):
        press(seller, kwork, "add-extra")
    assert len(saved(kwork)["extras"]) == 10


@pytest.mark.rule("CAT-02", "CAT-04", "ESC-02")
def test_who_gets_what_of_it_stands_beside_each_price(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage, price="10", extras=[{"title": "A frame", "price": "4", "days": "", "way": "more"}])
    page = seller.get(reverse("kwork-edit", args=[kwork.pk])).content.decode()
    assert "Buyer pays $10, the site takes $2, you receive $8" in page
    assert "Buyer pays $4, the site takes $0.80, you receive $3.20" in page
    assert "for $4 to $200 each" in page


@pytest.mark.rule("CAT-07")
def test_another_category_asks_other_questions_and_forgets_no_answer(seller: Client, stage: Stage) -> None:
    logos = Category.objects.get(slug="logos")
    kwork = a_draft(stage, category="design/logos")
    answers: dict[str, Any] = {"attr-kind": "emblem", "many": "style", "attr-style": ["minimal"]}
    press(seller, kwork, **answers)
    fixed = Category.objects.get(slug="stationery")
    page = press(seller, kwork, "category", category=str(fixed.pk)).content.decode()
    assert "has one fixed price" in page
    assert "Kind of logo" not in page
    page = press(seller, kwork, "category", category=str(logos.pk)).content.decode()
    assert '<option value="emblem" selected>' in page
    press(seller, kwork, many="style")
    assert saved(kwork)["attributes"] == {"kind": "emblem", "style": []}


def test_sending_with_errors_keeps_text_and_pictures(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    page = press(seller, kwork, "submit", title="Short", images=[a_file()]).content.decode()
    assert "Please look at these places" in page
    assert 'href="#id_title"' in page
    assert 'value="Short"' in page
    assert len(saved(kwork)["images"]) == 1
    assert KworkDraft.objects.get(kwork=kwork).status == DraftStatus.EDITING


def test_sending_without_errors_goes_to_the_list(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    page = press(seller, kwork, "submit").content.decode()
    assert "Sent to moderation. You will be told within 3 days." in page
    again = seller.get(reverse("kwork-edit", args=[kwork.pk])).content.decode()
    assert "In moderation" in again
    assert "draft-form" not in again


def test_text_sent_while_it_is_in_moderation_is_kept_on_the_page(seller: Client, stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    page = press(seller, kwork, volume="Too late").content.decode()
    assert "take it back first" in page
    assert saved(kwork)["volume"] == "One portrait"


@pytest.mark.rule("CAT-20")
def test_pictures_are_checked_ordered_and_removed(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    files = [a_file("one.png"), a_file("program.png", b"MZ" * 50), a_file("two.png")]
    page = press(seller, kwork, "upload", images=files).content.decode()
    assert "“program.png” is not accepted" in page
    one, two = saved(kwork)["images"]
    assert Upload.objects.get(pk=one).name == "one.png"
    press(seller, kwork, f"forward:{two}")
    assert saved(kwork)["images"] == [two, one]
    press(seller, kwork, f"backward:{two}")
    press(seller, kwork, f"backward:{two}")
    assert saved(kwork)["images"] == [one, two]
    file = Upload.objects.get(pk=one).file
    press(seller, kwork, f"remove-image:{one}")
    assert "removed already" in press(seller, kwork, f"remove-image:{one}").content.decode()
    assert saved(kwork)["images"] == [two]
    assert not Upload.objects.filter(pk=one).exists()
    assert file.name
    assert press(seller, kwork, "remove-image:nonsense").status_code == 200


def test_a_kwork_has_at_most_eight_pictures(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    page = press(seller, kwork, "upload", images=[a_file(f"{each}.png") for each in range(9)]).content.decode()
    assert "at most 8 pictures, so “8.png” was not added" in page
    assert len(saved(kwork)["images"]) == 8
    assert Picture.objects.count() == 8


@pytest.mark.rule("CAT-18")
def test_remarks_stand_beside_the_parts_they_are_about(seller: Client, stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    said = {part: f"Remark on {part}." for part in ("title", "price", "images", "extras", "attributes")}
    moderation.return_with_reasons(kwork.pk, said, revision=1, by=stage.moderator, now=stage.now)
    page = seller.get(reverse("kwork-edit", args=[kwork.pk])).content.decode()
    for text in (said["title"], said["price"], said["images"], said["extras"]):
        assert text in page
    assert page.index(said["title"]) < page.index('id="id_title"')


def test_strangers_find_nothing(client: Client, stage: Stage, sten: User) -> None:
    kwork = a_draft(stage)
    client.force_login(sten)
    before = saved(kwork)
    assert client.get(reverse("kwork-edit", args=[kwork.pk])).status_code == 404
    assert client.get(reverse("kwork-preview", args=[kwork.pk])).status_code == 404
    assert press(client, kwork, title="Mine now").status_code == 404
    for verb in ("withdraw", "pause", "resume", "discard", "remove"):
        assert client.post(reverse(f"kwork-{verb}", args=[kwork.pk])).status_code == 404
        assert client.get(reverse(f"kwork-{verb}", args=[kwork.pk])).status_code == 405
    assert saved(kwork) == before


def test_steps_of_one_press_can_be_pressed_twice(seller: Client, stage: Stage) -> None:
    kwork = publish(stage)
    assert "Paused" in seller.post(reverse("kwork-pause", args=[kwork.pk]), follow=True).content.decode()
    again = seller.post(reverse("kwork-pause", args=[kwork.pk]), follow=True)
    assert again.status_code == 200
    assert "the kwork is now “Paused”" in again.content.decode()
    assert "on sale again" in seller.post(reverse("kwork-resume", args=[kwork.pk]), follow=True).content.decode()


def test_my_kworks_shows_where_each_stands(seller: Client, stage: Stage) -> None:
    assert "You have no kworks yet" in seller.get(reverse("my-kworks")).content.decode()
    publish(stage, title="One that is on sale")
    a_waiting_draft(stage, title="One that is waiting")
    rejected = a_waiting_draft(stage, title="One that is rejected")
    moderation.reject(rejected.pk, "Gambling.", revision=1, by=stage.moderator, now=stage.now)
    page = seller.get(reverse("my-kworks")).content.decode()
    for words in ("One that is on sale", "On sale", "In moderation", "Rejected", "Reason: Gambling.", "Take back"):
        assert words in page


def test_my_kworks_cost_the_same_queries_however_many(
    seller: Client, stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 3):
        for _ in range(count):
            press(seller, a_draft(stage), "upload", images=[a_file()])
            publish(stage)
        seller.get(reverse("my-kworks"))
        # session, user, count, kworks, covers, drafts' covers, e-mail, and the header's: clock, balance, notices
        with django_assert_num_queries(9):
            seller.get(reverse("my-kworks"))


def test_a_preview_shows_the_draft(seller: Client, stage: Stage) -> None:
    kwork = a_draft(stage, title="", price="nothing", extras=[{"title": "A frame", "price": "4", "days": "2"}])
    page = seller.get(reverse("kwork-preview", args=[kwork.pk])).content.decode()
    assert "This is a preview of your draft" in page
    assert "Untitled kwork" in page
    assert "A frame" in page
    assert 'content="noindex"' in page
