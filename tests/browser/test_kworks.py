"""Writing a kwork, and a moderator's decision, in a real browser (CAT-16, CAT-18)."""

from __future__ import annotations

import re
import time

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload, Route, expect

from accounts.models import User
from kworks.models import Category, Kwork, KworkDraft
from tests.browser.conftest import MakeVisit
from tests.kworks.files import an_image
from tests.kworks.writing import a_draft, a_waiting_draft, publish
from tests.stage import Stage

SAVED = re.compile("Saved .*UTC")


def upload(name: str = "dog.jpg", content: bytes = b"") -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content or an_image("JPEG", (900, 600))}


def wait_until_saved(part: str, text: str) -> None:
    """Autosave waits for a pause in typing."""
    until = time.monotonic() + 10
    while (found := KworkDraft.objects.get().content.get(part)) != text:
        assert time.monotonic() < until, f"{part} is still {found!r}"
        time.sleep(0.1)


@pytest.mark.rule("CAT-16")
def test_a_seller_writes_a_kwork_and_a_moderator_accepts_it(visit: MakeVisit, sam: User, mo: User) -> None:
    seller = visit(sam)
    page = seller.page
    seller.go("/my/kworks/")
    page.get_by_role("link", name="Create a kwork").click()
    seller.check()
    page.get_by_label("Title").fill("A logo for your company")
    page.get_by_label("Category").select_option("Presentations")
    page.get_by_role("button", name="Start the draft").click()

    page.get_by_label("Category").select_option("Logo design")
    page.get_by_label("Kind of logo").select_option("Emblem")
    page.get_by_label("Price for the buyer").fill("45")
    expect(page.locator("#questions [data-share]")).to_have_text("Buyer pays $45, the site takes $9, you receive $36")
    page.get_by_label("Description").fill("I draw a logo for you and send it as a file.")
    page.get_by_label("Volume").fill("One logo")
    wait_until_saved("volume", "One logo")
    page.reload()
    expect(page.get_by_label("Volume")).to_have_value("One logo")

    page.get_by_role("button", name="Add an extra").click()
    page.locator("#id_extras-0-title").fill("A business card")
    page.get_by_label("Price of extra 1").fill("15")
    page.locator("#id_images").set_input_files([upload("one.jpg"), upload("two.jpg")])
    expect(page.locator(".pictures__item > img")).to_have_count(2, timeout=30_000)
    page.get_by_role("button", name="Move picture 2 forward").click()
    expect(page.locator(".pictures__item img").first).to_have_attribute("alt", "two.jpg")
    expect(page.locator("#id_extras-0-title")).to_have_value("A business card")
    seller.check()

    page.get_by_role("button", name="Send to moderation").click()
    expect(page.get_by_text("Please look at these places")).to_be_visible()
    seller.check()
    page.get_by_label("Lead time", exact=True).fill("4")
    page.get_by_label("Instruction to the buyer").fill("What is your company called?")
    page.get_by_role("button", name="Send to moderation").click()
    expect(page.get_by_text("Sent to moderation. You will be told within 3 days.")).to_be_visible()
    seller.check()

    moderator = visit(mo)
    moderator.go(reverse("admin:kworks_kworkdraft_changelist"))
    moderator.page.get_by_role("link", name="A logo for your company").click()
    expect(moderator.page.locator(".moderation__images img")).to_have_count(2)
    moderator.page.get_by_role("button", name="Accept").click()
    expect(moderator.page.get_by_text("Accepted: it is on sale.")).to_be_visible()
    assert moderator.complaints == []

    anyone = visit()
    anyone.go(Category.objects.get(slug="logos").get_absolute_url())
    anyone.page.get_by_role("link", name="A logo for your company").click()
    expect(anyone.page.locator(".gallery__track img")).to_have_count(2)
    anyone.check()


@pytest.mark.rule("CAT-16")
def test_a_second_tab_is_told_and_loses_nothing(visit: MakeVisit, stage: Stage) -> None:
    kwork = a_draft(stage)
    seller = visit(stage.seller)
    first, second = seller.page, seller.page.context.new_page()
    for tab in (first, second):
        tab.goto(f"{seller.address}/my/kworks/{kwork.pk}/edit/")
    first.get_by_label("Volume").fill("From the first tab")
    expect(first.locator("#saved")).to_have_text(SAVED)
    wait_until_saved("volume", "From the first tab")
    first.get_by_label("Volume").fill("From the first tab!")
    wait_until_saved("volume", "From the first tab!")
    second.get_by_label("Volume").fill("From the second tab")
    expect(second.get_by_text("changed in another tab")).to_be_visible()
    expect(second.get_by_label("Volume")).to_have_value("From the second tab")
    assert KworkDraft.objects.get(kwork=kwork).content["volume"] == "From the first tab!"
    second.get_by_role("button", name="Save my text over it").click()
    expect(second.get_by_text("changed in another tab")).to_have_count(0)
    wait_until_saved("volume", "From the second tab")


def test_the_keyboard_goes_to_what_the_editor_refuses_and_stays_where_somebody_types(
    visit: MakeVisit, stage: Stage
) -> None:
    kwork = a_draft(stage)
    seller = visit(stage.seller)
    page = seller.page
    seller.go(f"/my/kworks/{kwork.pk}/edit/")
    page.get_by_label("Volume").fill("")
    page.get_by_role("button", name="Send to moderation").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Please look at these places")).to_be_focused()
    page.get_by_label("Volume").fill("One parrot")
    wait_until_saved("volume", "One parrot")
    expect(page.locator("#saved")).to_have_text(SAVED)
    expect(page.get_by_label("Volume")).to_be_focused()


@pytest.mark.rule("CAT-16")
def test_the_editor_works_without_javascript(visit: MakeVisit, stage: Stage) -> None:
    kwork = a_draft(stage)
    seller = visit(stage.seller, java_script_enabled=False)
    page = seller.page
    seller.go(f"/my/kworks/{kwork.pk}/edit/")
    page.get_by_label("Title").fill("A portrait of your parrot")
    page.get_by_role("button", name="Add an extra").click()
    page.locator("#id_extras-0-title").fill("A frame")
    page.get_by_role("button", name="Add an extra").click()
    page.get_by_role("button", name="Remove extra 2").click()
    expect(page.locator("#id_extras-0-title")).to_have_value("A frame")
    page.get_by_label("Category").select_option("Logo design")
    page.get_by_role("button", name="Show the questions").click()
    expect(page.get_by_label("Kind of logo")).to_be_visible()
    page.locator("#id_images").set_input_files([upload(), upload("evil.png", b"MZ" * 500)])
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("“evil.png” is not accepted")).to_be_visible()
    expect(page.locator(".pictures__item")).to_have_count(1)
    expect(page.get_by_label("Title")).to_have_value("A portrait of your parrot")
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()


def test_a_save_that_fails_says_so(visit: MakeVisit, stage: Stage) -> None:
    kwork = a_draft(stage)
    seller = visit(stage.seller)
    seller.go(f"/my/kworks/{kwork.pk}/edit/")
    seller.page.context.set_offline(True)
    seller.page.get_by_label("Volume").fill("Typed in a tunnel")
    expect(seller.page.get_by_text("Not saved: the connection failed.")).to_be_visible()
    seller.page.context.set_offline(False)
    seller.page.context.clear_cookies(name="sessionid")
    seller.page.get_by_label("Volume").fill("Typed after logging out")
    expect(seller.page.get_by_text("Not saved: you have been logged out.")).to_be_visible()
    seller.complaints.clear()


@pytest.mark.rule("CAT-15")
def test_the_catalogue_is_usable_everywhere(visit: MakeVisit, stage: Stage) -> None:
    kwork = publish(stage, video="https://youtu.be/dQw4w9WgXcQ")
    a_waiting_draft(stage, title="Waiting for a moderator")
    anyone = visit()
    category = stage.a_category()
    for address in (
        reverse("categories"),
        category.parent.get_absolute_url() if category.parent else "",
        category.get_absolute_url(),
        "/search/?q=portrait",
        "/search/?q=nothing+of+the+sort",
        kwork.get_absolute_url(),
    ):
        anyone.go(address)
        for width in (360, 768, 1440):
            anyone.page.set_viewport_size({"width": width, "height": 800})
            anyone.fits()
        anyone.check_both_ways()


@pytest.mark.rule("CAT-15")
def test_youtube_is_asked_for_nothing_before_the_click(visit: MakeVisit, stage: Stage) -> None:
    kwork = publish(stage, video="https://youtu.be/dQw4w9WgXcQ")
    anyone = visit()
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    anyone.page.route(re.compile("youtube"), refuse)
    anyone.go(kwork.get_absolute_url())
    expect(anyone.page.locator(".slot")).to_have_count(0)
    assert asked == []
    anyone.page.get_by_role("link", name="Play the video").click()
    expect(anyone.page.locator(".video iframe")).to_have_attribute(
        "src", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1"
    )
    anyone.complaints.clear()
    assert Kwork.objects.filter(pk=kwork.pk).exists()
