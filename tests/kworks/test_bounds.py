"""What the outside must not get through: closed sellers, senseless categories, absurd numbers."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from core.money import dollars
from kworks import queries
from kworks.models import Category
from tests.stage import Stage

pytestmark = pytest.mark.django_db


def test_a_closed_sellers_kworks_are_not_on_sale(stage: Stage, client: Client) -> None:
    kwork = stage.a_kwork()
    assert client.get(kwork.get_absolute_url()).status_code == 200
    stage.seller.is_active = False
    stage.seller.save()
    assert client.get(kwork.get_absolute_url()).status_code == 404
    assert not queries.on_sale().exists()


@pytest.mark.rule("CAT-02")
@pytest.mark.parametrize("change", [{"price": dollars(1)}, {"price_step": dollars(0)}])
def test_a_category_keeps_to_the_least_price_and_a_real_step(change: dict[str, object]) -> None:
    category = Category.objects.exclude(parent=None).first()
    assert category
    for name, value in change.items():
        setattr(category, name, value)
    with pytest.raises(ValidationError):
        category.full_clean()


def test_a_number_too_long_for_the_database_is_no_category() -> None:
    assert queries.category("9" * 4_400) is None
