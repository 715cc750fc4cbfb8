"""Drafts (CAT-16): who may begin one, saving, a second tab, and what sending demands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from core.models import Event
from core.money import Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from kworks.models import DraftStatus, Kwork, KworkDraft, KworkStatus
from kworks.steps import drafting, moderation, publishing
from tests.kworks.writing import a_draft, a_waiting_draft, content, publish
from tests.stage import Stage

pytestmark = pytest.mark.django_db


@pytest.mark.rule("CAT-16")
def test_only_users_with_a_confirmed_email_create_kworks(stage: Stage) -> None:
    EmailAddress.objects.filter(user=stage.seller).update(verified=False)
    with pytest.raises(NotAllowed, match="Confirm your e-mail"):
        drafting.begin_draft(by=stage.seller, now=stage.now)
    assert Kwork.objects.count() == 0


@pytest.mark.rule("CAT-16")
def test_a_draft_keeps_what_was_typed_also_when_it_is_wrong(stage: Stage) -> None:
    kwork = a_draft(stage, price="a lot", lead_days="-3", title="x", extras=[{"title": "", "price": "1", "days": "?"}])
    kept = KworkDraft.objects.get(kwork=kwork).content
    assert (kept["price"], kept["lead_days"], kept["title"]) == ("a lot", "-3", "x")
    assert kept["extras"][0]["days"] == "?"


def test_the_same_beginning_twice_is_one_kwork(stage: Stage) -> None:
    typed = {"title": "A portrait", "category": "1"}
    first = drafting.begin_draft(by=stage.seller, now=stage.now, typed=typed)
    assert drafting.begin_draft(by=stage.seller, now=stage.now, typed=typed) == first
    assert drafting.begin_draft(by=stage.seller, now=stage.now, typed={"title": "Another"}) != first


@pytest.mark.rule("CAT-16")
def test_a_second_tab_cannot_overwrite_what_it_has_not_seen(stage: Stage) -> None:
    kwork = a_draft(stage)
    drafting.save_draft(kwork.pk, {"title": "From the first tab"}, revision=1, by=stage.seller, now=stage.now)
    with pytest.raises(drafting.StaleDraft) as refusal:
        drafting.save_draft(kwork.pk, {"title": "From the second tab"}, revision=1, by=stage.seller, now=stage.now)
    assert KworkDraft.objects.get(kwork=kwork).content["title"] == "From the first tab"
    drafting.save_draft(
        kwork.pk, {"title": "From the second tab"}, revision=refusal.value.revision, by=stage.seller, now=stage.now
    )
    assert KworkDraft.objects.get(kwork=kwork).content["title"] == "From the second tab"


def test_a_draft_holds_only_so_much_text(stage: Stage) -> None:
    kwork = a_draft(stage)
    with pytest.raises(Invalid, match="more text"):
        drafting.save_draft(kwork.pk, {"description": "x" * 70_000}, revision=1, by=stage.seller, now=stage.now)
    assert KworkDraft.objects.get(kwork=kwork).revision == 1


@pytest.mark.parametrize(
    ("part", "value", "place"),
    [
        ("title", "Too few", "title"),
        ("title", "x" * 81, "title"),
        ("description", "Short.", "description"),
        ("volume", "", "volume"),
        ("instruction", " ", "instruction"),
        ("lead_days", "0", "lead_days"),
        ("lead_days", "91", "lead_days"),
        ("price", "9.99", "price"),
        ("price", "", "price"),
        ("category", "", "category"),
        ("category", "999999", "category"),
        ("video", "https://example.org/watch?v=dQw4w9WgXcQ", "video"),
    ],
)
@pytest.mark.rule("CAT-01")
def test_sending_demands_every_part(stage: Stage, part: str, value: str, place: str) -> None:
    kwork = a_draft(stage)
    drafting.save_draft(kwork.pk, {part: value}, revision=1, by=stage.seller, now=stage.now)
    with pytest.raises(drafting.Incomplete) as refusal:
        drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    assert place in refusal.value.form.errors
    assert KworkDraft.objects.get(kwork=kwork).status == DraftStatus.EDITING
    assert not Event.objects.filter(kind="kwork.submitted").exists()


@pytest.mark.rule("CAT-02")
@pytest.mark.parametrize("price", ["12", "10.50", "5"])
def test_a_free_price_has_a_least_and_a_step(stage: Stage, price: str) -> None:
    kwork = a_draft(stage, category="design/logos", attributes={"kind": "emblem"}, price=price)
    with pytest.raises(drafting.Incomplete) as refusal:
        drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    assert list(refusal.value.form.errors) == ["price"]


@pytest.mark.rule("CAT-02")
def test_a_fixed_price_is_the_categorys_whatever_was_typed(stage: Stage) -> None:
    kwork = publish(stage, category="design/stationery", price="77")
    assert kwork.price == dollars(10)
    assert kwork.seller_share == dollars(8)


@pytest.mark.rule("CAT-07")
def test_a_category_asks_for_its_attributes(stage: Stage) -> None:
    kwork = a_draft(stage, category="development/websites", price="50", attributes={"type": "nonsense", "pages": "-1"})
    with pytest.raises(drafting.Incomplete) as refusal:
        drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    assert set(refusal.value.form.errors) == {"attr-type", "attr-cms", "attr-pages"}


@pytest.mark.rule("CAT-07")
def test_every_kind_of_attribute_goes_on_sale(stage: Stage) -> None:
    answers = {"kind": "emblem", "style": ["minimal", "vintage"], "drafts": "3", "sources": "yes", "of-another": "x"}
    kwork = publish(stage, category="design/logos", attributes=answers)
    assert kwork.attributes == {"kind": "emblem", "style": ["minimal", "vintage"], "drafts": 3, "sources": True}


@pytest.mark.rule("CAT-04")
@pytest.mark.parametrize(
    "row",
    [
        {"title": "", "price": "10", "days": "", "way": "more"},
        {"title": "Faster", "price": "", "days": "", "way": "less"},
        {"title": "Faster", "price": "3.99", "days": "", "way": "less"},
        {"title": "Faster", "price": "200.01", "days": "", "way": "less"},
        {"title": "Faster", "price": "10", "days": "31", "way": "less"},
        {"title": "Faster", "price": "10", "days": "1", "way": "sideways"},
    ],
)
def test_an_extra_outside_of_its_bounds_is_refused(stage: Stage, row: dict[str, str]) -> None:
    kwork = a_draft(stage, extras=[row])
    with pytest.raises(drafting.Incomplete):
        drafting.submit(kwork.pk, by=stage.seller, now=stage.now)


@pytest.mark.rule("CAT-04")
def test_extras_add_or_save_days_and_empty_rows_are_no_extras(stage: Stage) -> None:
    rows: list[dict[str, Any]] = [
        {"title": "Urgent", "price": "200", "days": "2", "way": "less"},
        {"title": "", "price": "", "days": "", "way": "more"},
        {"title": "A frame", "price": "4", "days": "", "way": "more"},
    ]
    kwork = publish(stage, extras=rows)
    assert [(each.title, each.price, each.days) for each in kwork.extras.all()] == [
        ("Urgent", dollars(200), -2),
        ("A frame", Money(400), 0),
    ]


@pytest.mark.rule("CAT-04")
def test_a_draft_has_at_most_ten_extras(stage: Stage) -> None:
    kwork = a_draft(stage, extras=[{"title": str(each), "price": "10"} for each in range(12)])
    assert len(KworkDraft.objects.get(kwork=kwork).content["extras"]) == 10


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?list=x&v=dQw4w9WgXcQ&t=3",
        "https://youtu.be/dQw4w9WgXcQ?si=abc",
        "youtube.com/shorts/dQw4w9WgXcQ",
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ",
    ],
)
def test_youtube_addresses_are_understood(stage: Stage, address: str) -> None:
    assert publish(stage, video=address).video_id == "dQw4w9WgXcQ"


def test_a_waiting_draft_cannot_be_changed_but_taken_back(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    with pytest.raises(OutOfTurn, match="take it back first"):
        drafting.save_draft(kwork.pk, {"title": "x"}, revision=1, by=stage.seller, now=stage.now)
    drafting.withdraw_from_moderation(kwork.pk, by=stage.seller, now=stage.now)
    drafting.save_draft(kwork.pk, {"title": "x"}, revision=1, by=stage.seller, now=stage.now)
    with pytest.raises(OutOfTurn):
        drafting.withdraw_from_moderation(kwork.pk, by=stage.seller, now=stage.now)


def test_an_unchanged_version_is_not_moderated_again(stage: Stage) -> None:
    kwork = publish(stage, extras=[{"title": "A frame", "price": "4", "days": "1", "way": "more"}])
    drafting.save_draft(kwork.pk, {"volume": "One portrait"}, revision=1, by=stage.seller, now=stage.now)
    with pytest.raises(OutOfTurn, match="Nothing has changed"):
        drafting.submit(kwork.pk, by=stage.seller, now=stage.now)


def test_a_change_can_be_discarded(stage: Stage) -> None:
    kwork = publish(stage)
    drafting.save_draft(kwork.pk, {"title": "Something else entirely"}, revision=1, by=stage.seller, now=stage.now)
    drafting.discard_change(kwork.pk, by=stage.seller, now=stage.now)
    draft = KworkDraft.objects.get(kwork=kwork)
    assert draft.content["title"] == kwork.title
    assert draft.status == DraftStatus.ACCEPTED


def test_a_kwork_can_be_deleted_until_it_was_on_sale(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    with pytest.raises(OutOfTurn, match="take it back first"):
        drafting.remove(kwork.pk, by=stage.seller, now=stage.now)
    moderation.reject(kwork.pk, "Forbidden.", revision=1, by=stage.moderator, now=stage.now)
    drafting.remove(kwork.pk, by=stage.seller, now=stage.now)
    sold = publish(stage)
    with pytest.raises(OutOfTurn, match="been on sale"):
        drafting.remove(sold.pk, by=stage.seller, now=stage.now)
    assert list(Kwork.objects.all()) == [sold]


def test_pausing_and_resuming(stage: Stage) -> None:
    kwork = publish(stage)
    publishing.pause(kwork.pk, by=stage.seller, now=stage.now)
    with pytest.raises(OutOfTurn):
        publishing.pause(kwork.pk, by=stage.seller, now=stage.now)
    assert Kwork.objects.get(pk=kwork.pk).status == KworkStatus.PAUSED
    publishing.resume(kwork.pk, by=stage.seller, now=stage.now + timedelta(days=1))
    with pytest.raises(OutOfTurn):
        publishing.resume(kwork.pk, by=stage.seller, now=stage.now)
    assert Kwork.objects.get(pk=kwork.pk).status == KworkStatus.ON_SALE


def test_nobody_else_takes_a_step_with_it(stage: Stage, sten: User) -> None:
    kwork = publish(stage)
    before = list(KworkDraft.objects.values()), list(Kwork.objects.values()), Event.objects.count()
    for by in (sten, stage.moderator):
        for step in (
            drafting.submit,
            drafting.withdraw_from_moderation,
            drafting.discard_change,
            drafting.remove,
            publishing.pause,
            publishing.resume,
        ):
            with pytest.raises(NotAllowed):
                step(kwork.pk, by=by, now=stage.now)
        with pytest.raises(NotAllowed):
            drafting.save_draft(kwork.pk, content(stage), revision=1, by=by, now=stage.now)
    assert before == (list(KworkDraft.objects.values()), list(Kwork.objects.values()), Event.objects.count())
