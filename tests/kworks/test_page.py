"""The page of a kwork (CAT-15): what it shows, to whom, at which address, at what cost."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import User
from core.uploads import receive
from kworks.models import Category, Kwork, Picture
from kworks.steps import drafting, moderation, publishing
from kworks.steps.pictures import make_sizes
from tests.kworks.files import a_file, an_image
from tests.kworks.writing import a_draft, publish
from tests.stage import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.rule("CAT-15")]


def with_pictures(stage: Stage, count: int, *, made: bool = True, **parts: object) -> Kwork:
    kwork = a_draft(stage, **parts)
    for number in range(count):
        file = a_file(f"{number}.png", an_image(size=(700 + number, 500)))
        upload = receive(file, by=stage.seller, now=stage.now, images_only=True)
        picture = drafting.add_image(kwork.pk, upload, by=stage.seller, now=stage.now)
        if made:
            make_sizes(picture.pk, stage.now)
    drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    moderation.accept(kwork.pk, revision=1, by=stage.moderator, now=stage.now)
    return Kwork.objects.get(pk=kwork.pk)


@pytest.mark.rule("CAT-01")
def test_it_shows_everything_the_buyer_has_to_know(client: Client, stage: Stage) -> None:
    kwork = with_pictures(
        stage,
        2,
        category="design/logos",
        attributes={"kind": "emblem", "sources": "yes", "drafts": "3"},
        description="First paragraph of it.\n\nSecond <script>alert(1)</script> paragraph.",
        extras=[{"title": "Urgent", "price": "20", "days": "2", "way": "less"}],
        video="https://youtu.be/dQw4w9WgXcQ",
    )
    page = client.get(kwork.get_absolute_url()).content.decode()
    for words in (
        "A portrait of your dog",
        "<p>First paragraph of it.</p>",
        "&lt;script&gt;alert(1)",
        "One portrait",
        "Send me a photograph.",
        "<strong>$20</strong> for one",
        "<strong>4 days</strong>",
        "Kind of logo",
        "Emblem",
        "3 drafts",
        "Urgent",
        "2 days less",
        "Sam Seller",
        reverse("order-form", args=[kwork.pk]),
        reverse("kwork-feedback", args=[kwork.pk]),
        'data-video="dQw4w9WgXcQ"',
    ):
        assert words in page, words
    assert page.count("/media/kworks/large/") == 5, "both in the gallery and the linked data, one for links"
    assert "youtube-nocookie" not in page


def test_other_addresses_lead_to_its_own(client: Client, stage: Stage) -> None:
    kwork = publish(stage)
    answer = client.get(f"/kworks/{kwork.pk}-something-else/")
    assert (answer.status_code, answer["Location"]) == (301, kwork.get_absolute_url())
    assert client.get("/kworks/999999-nothing/").status_code == 404


def test_search_engines_get_linked_data_that_stays_inside_its_script(client: Client, stage: Stage) -> None:
    kwork = publish(stage, description="Look: </script><script>alert('&')</script> and that is all of it.")
    page = client.get(kwork.get_absolute_url()).content.decode()
    found = re.search(r'<script type="application/ld\+json" nonce="[^"]+">(.*?)</script>', page)
    assert found
    said = json.loads(found[1])
    assert said["offers"] == {
        "@type": "Offer",
        "price": "20.00",
        "priceCurrency": "USD",
        "availability": "https://schema.org/InStock",
    }
    assert "</script><script>" in said["description"]
    assert f'<link rel="canonical" href="http://127.0.0.1:8000{kwork.get_absolute_url()}">' in page


def test_similar_kworks_are_of_other_sellers_in_the_category(client: Client, stage: Stage, sten: User) -> None:
    kwork, own = publish(stage), publish(stage, title="Another one of the same seller")
    stage.seller = sten
    other = publish(stage, title="One of another seller")
    elsewhere = publish(stage, title="One in another category", category="design/stationery")
    page = client.get(kwork.get_absolute_url()).content.decode()
    assert other.title in page
    assert own.title not in page
    assert elsewhere.title not in page


def test_a_kwork_never_published_has_no_page(client: Client, stage: Stage) -> None:
    kwork = a_draft(stage)
    client.force_login(stage.seller)
    assert client.get(f"/kworks/{kwork.pk}-x/").status_code == 404


def test_a_paused_kwork_is_shown_to_its_seller_and_moderators_only(
    client: Client, stage: Stage, sten: User, mo: User
) -> None:
    kwork = publish(stage)
    publishing.pause(kwork.pk, by=stage.seller, now=stage.now)
    for user in (AnonymousUser(), sten):
        if isinstance(user, User):
            client.force_login(user)
        answer = client.get(kwork.get_absolute_url())
        assert answer.status_code == 404
        assert "is not on sale at the moment" in answer.content.decode()
        assert "I paint your dog" not in answer.content.decode()
    for looker in (stage.seller, mo):
        client.force_login(looker)
        page = client.get(kwork.get_absolute_url())
        assert page.status_code == 200
        assert "This kwork is paused" in page.content.decode()


def test_pictures_that_are_not_made_yet_have_a_place(client: Client, stage: Stage) -> None:
    kwork = with_pictures(stage, 1, made=False)
    assert "The pictures are being prepared." in client.get(kwork.get_absolute_url()).content.decode()
    make_sizes(Picture.objects.get().pk, stage.now)
    assert "/media/kworks/large/" in client.get(kwork.get_absolute_url()).content.decode()


@pytest.mark.parametrize("count", [1, 4])
def test_the_page_costs_the_same_queries_however_much_it_shows(
    client: Client, stage: Stage, sten: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    extras = [{"title": str(each), "price": "4", "days": "", "way": "more"} for each in range(count)]
    kwork = with_pictures(stage, count, extras=extras)
    stage.seller = sten
    for _ in range(count):
        publish(stage)
    client.get(kwork.get_absolute_url())
    # kwork with seller and category, images, extras, attributes, similar, their covers; development's clock twice
    with django_assert_num_queries(8):
        client.get(kwork.get_absolute_url())


def test_a_profile_lists_what_its_seller_has_on_sale(
    client: Client, stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = reverse("profile-kworks", args=["sam"])
    assert "Nothing on sale at the moment." in client.get(address).content.decode()
    for count in (1, 3):
        for _ in range(count):
            kwork = publish(stage)
        part = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert kwork.get_absolute_url() in part
        assert "<html" not in part
        with django_assert_num_queries(4):  # seller, count, kworks, covers
            client.get(address, headers={"HX-Request": "true"})
    assert client.get(reverse("profile-kworks", args=["nobody"])).status_code == 404


def test_breadcrumbs_lead_back_through_the_tree(client: Client, stage: Stage) -> None:
    kwork = publish(stage, category="design/stationery")
    page = client.get(kwork.get_absolute_url()).content.decode()
    category = Category.objects.get(slug="stationery")
    assert category.get_absolute_url() in page
    assert "/categories/design/" in page
