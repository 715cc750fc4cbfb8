"""The tree and the lists (CAT-07), each with a fixed number of queries."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from core.money import dollars
from kworks import queries, rules
from kworks.models import AttributeKind, Category
from kworks.steps.planting import plant_tree
from tests.stage import Stage

pytestmark = pytest.mark.django_db


@pytest.mark.rule("CAT-07")
def test_a_new_site_has_a_tree_of_sections_and_categories() -> None:
    sections = queries.sections()
    assert len(sections) >= 10
    assert sum(len(section.children.all()) for section in sections) >= 60
    with_attributes = Category.objects.filter(attributes__isnull=False).distinct()
    assert with_attributes.count() >= 25
    kinds = set(with_attributes.values_list("attributes__kind", flat=True))
    assert kinds == set(AttributeKind.values)
    websites = Category.objects.get(slug="websites", parent__slug="development")
    assert {"type", "cms", "uniqueness"} <= set(websites.attributes.values_list("key", flat=True))


@pytest.mark.rule("CAT-07")
def test_planting_again_adds_what_is_missing_and_leaves_what_staff_changed() -> None:
    before = Category.objects.count()
    Category.objects.filter(slug="logos").update(name="Logotypes")
    Category.objects.get(slug="banners").delete()
    plant_tree()
    plant_tree()
    assert Category.objects.count() == before
    assert Category.objects.get(slug="logos").name == "Logotypes"


@pytest.mark.rule("CAT-02")
def test_categories_have_fixed_or_free_prices_and_say_so(client: Client) -> None:
    fixed = Category.objects.get(slug="banners")
    free = Category.objects.get(slug="logos")
    assert fixed.is_fixed
    assert not free.is_fixed
    assert "One fixed price here: $10" in client.get(fixed.get_absolute_url()).content.decode()
    assert "Prices here start at $10" in client.get(free.get_absolute_url()).content.decode()


def test_all_sections_and_categories_have_pages(client: Client) -> None:
    page = client.get(reverse("categories")).content.decode()
    for section in queries.sections():
        assert section.get_absolute_url() in page
        assert client.get(section.get_absolute_url()).status_code == 200
        for category in section.children.all():
            assert category.get_absolute_url() in page
    assert client.get("/categories/design/nothing/").status_code == 404


def test_an_empty_category_says_what_to_do_next(client: Client) -> None:
    page = client.get(Category.objects.get(slug="logos").get_absolute_url()).content.decode()
    assert "Nothing is on sale here yet" in page


def test_a_list_can_be_sorted(client: Client, stage: Stage) -> None:
    dear, cheap = stage.a_kwork(price=dollars(90)), stage.a_kwork(price=dollars(10))
    address = stage.a_category().get_absolute_url()
    newest = client.get(address).content.decode()
    assert newest.index(cheap.title) < newest.index(dear.title)
    assert client.get(address, {"sort": "nonsense"}).status_code == 200
    type(dear).objects.filter(pk=dear.pk).update(likes=5)
    liked = client.get(address, {"sort": "liked"}).content.decode()
    assert liked.index(dear.title) < liked.index(cheap.title)
    cheapest = client.get(address, {"sort": "cheapest"}).content.decode()
    assert cheapest.index(cheap.title) < cheapest.index(dear.title)


def test_a_list_can_be_narrowed_by_price(client: Client, stage: Stage) -> None:
    dear, cheap = stage.a_kwork(price=dollars(90)), stage.a_kwork(price=dollars(10))
    address = stage.a_category().get_absolute_url()
    page = client.get(address, {"least": "20", "most": "100"}).content.decode()
    assert dear.title in page
    assert cheap.title not in page
    assert "Nothing at this price" in client.get(address, {"least": "500"}).content.decode()
    refused = client.get(address, {"least": "a lot"}).content.decode()
    assert "Enter an amount in dollars" in refused
    assert cheap.title in refused


def test_paused_kworks_are_in_no_list(client: Client, stage: Stage) -> None:
    kwork = stage.a_kwork()
    type(kwork).objects.filter(pk=kwork.pk).update(status="paused")
    for address in (stage.a_category().get_absolute_url(), "/search/?q=logo", reverse("profile-kworks", args=["sam"])):
        assert kwork.title not in client.get(address).content.decode()


def test_long_lists_have_pages_with_real_links(client: Client, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "KWORKS_PER_PAGE", 2)
    monkeypatch.setattr(rules, "COUNT_MOST", 4)
    for _ in range(5):
        stage.a_kwork()
    address = stage.a_category().get_absolute_url()
    page = client.get(address, {"sort": "cheapest"}).content.decode()
    assert "More than 4 kworks" in page
    assert "?sort=cheapest&amp;page=2" in page
    assert client.get(address, {"page": "900"}).status_code == 200
    assert client.get(address, {"page": "x"}).status_code == 200


@pytest.mark.parametrize("count", [1, 5])
def test_a_category_costs_the_same_queries_however_many_kworks(
    client: Client, stage: Stage, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        stage.a_kwork()
    address = stage.a_category().get_absolute_url()
    client.get(address)
    with django_assert_num_queries(5):  # the category, count, kworks with sellers, covers, the site's clock
        client.get(address)
