"""What the outside must not get through: closed sellers, senseless categories, absurd numbers."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.money import dollars
from kworks import queries
from kworks.content import typed
from kworks.models import Category, DraftStatus, KworkDraft
from tests.kworks.writing import a_draft, a_waiting_draft
from tests.stage import Stage

pytestmark = pytest.mark.django_db
DECIDE = "admin:kworks_kworkdraft_change"


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


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5_000, "-1", "1.0", "٣"])
def test_what_is_no_number_of_the_database_is_no_category(number: str) -> None:
    assert queries.category(number) is None


@pytest.mark.rule("CAT-18")
def test_absurd_numbers_are_no_draft_and_no_revision(stage: Stage, mo: User, client: Client) -> None:
    kwork = a_waiting_draft(stage)
    client.force_login(mo)
    assert client.get(reverse(DECIDE, args=["9" * 5_000])).status_code == 404
    for absurd in ("9" * 5_000, "²", "-1"):
        answer = client.post(reverse(DECIDE, args=[kwork.draft.pk]), {"decision": "accept", "revision": absurd})
        assert answer.status_code == 302
    assert KworkDraft.objects.get(kwork=kwork).status == DraftStatus.WAITING


@pytest.mark.rule("CAT-16")
def test_absurd_numbers_remove_no_extra_and_save_no_draft(stage: Stage, client: Client) -> None:
    kwork = a_draft(stage, extras=[{"title": "A frame", "price": "4", "days": "", "way": "more"}])
    client.force_login(stage.seller)
    for do, revision in ((f"remove-extra:{'9' * 5_000}", "1"), ("remove-extra:²", "2"), ("save", "9" * 5_000)):
        answer = client.post(reverse("kwork-edit", args=[kwork.pk]), {"do": do, "revision": revision})
        assert answer.status_code in (200, 302)
    assert [row["title"] for row in KworkDraft.objects.get(kwork=kwork).content["extras"]] == ["A frame"]


def test_names_of_typed_fields_are_cleaned_like_their_values() -> None:
    data = QueryDict(mutable=True)
    data.update({"attr-a\0\r\nb": "c\0\r\nd", "many": "e\0f"})
    assert typed(data)["attributes"] == {"a\nb": "c\nd", "ef": []}


@pytest.mark.rule("CAT-16")
def test_nothing_unseen_is_typed_into_a_kwork() -> None:
    data = QueryDict(mutable=True)
    data.update({"title": "A \u202elogo\u200b", "extras": "1", "extras-0-title": "\u2066Frame\u2069"})
    content = typed(data)
    assert (content["title"], content["extras"][0]["title"]) == ("A logo", "Frame")
