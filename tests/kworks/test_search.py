"""Search by words: title, attributes, description, seller."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from kworks import queries
from tests.kworks.writing import publish
from tests.stage import Stage

pytestmark = pytest.mark.django_db


def found(words: str) -> list[str]:
    return [kwork.title for kwork in queries.search(words)]


def test_words_are_found_in_any_form(stage: Stage) -> None:
    kwork = publish(stage, title="Painting portraits of dogs")
    assert found("painted portrait") == [kwork.title]
    assert found("dog") == [kwork.title]
    assert found("cat") == []


def test_the_last_word_may_be_unfinished(stage: Stage) -> None:
    kwork = publish(stage, title="Painting portraits of dogs")
    assert found("dogs portr") == [kwork.title]
    assert found("por") == [kwork.title]
    assert found("portr dogs") == []


def test_title_comes_before_description(stage: Stage) -> None:
    inside = publish(stage, title="A picture for your wall", description="I paint whatever you like, say a zebra.")
    on_top = publish(stage, title="A zebra for your wall at home")
    assert found("zebra") == [on_top.title, inside.title]


def test_attributes_category_and_seller_are_found(stage: Stage) -> None:
    kwork = publish(stage, category="development/websites", price="50", attributes={"type": "blog", "cms": "joomla"})
    for words in ("joomla", "website creation", "development", "sam"):
        assert found(words) == [kwork.title], words


@pytest.mark.parametrize(
    "words", ["", "   ", "!!! ???", "'; drop table --", '"open', "a & b | !c:*", "\\", "%", "🙂", "-logo"]
)
def test_any_input_is_answered(client: Client, stage: Stage, words: str) -> None:
    stage.a_kwork()
    assert client.get("/search/", {"q": words}).status_code == 200


def test_an_empty_result_offers_the_categories(client: Client) -> None:
    page = client.get("/search/", {"q": "unobtainium"}).content.decode()
    assert "Nothing fits these words" in page
    assert "/categories/design/logos/" in page


def test_search_costs_the_same_queries_however_much_is_found(
    client: Client, stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 4):
        for _ in range(count):
            stage.a_kwork()
        client.get("/search/")
        with django_assert_num_queries(4):  # count, kworks with sellers, covers, the foot's last order
            client.get("/search/", {"q": "logo"})
