"""The moderators' pages (CAT-18)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import Event
from kworks.models import DraftStatus, Kwork, KworkDraft, KworkStatus
from kworks.steps import drafting
from tests.kworks.writing import a_waiting_draft, content, publish
from tests.stage import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.rule("CAT-18")]
QUEUE = "admin:kworks_kworkdraft_changelist"


@pytest.fixture
def moderator(client: Client, mo: User) -> Client:
    client.force_login(mo)
    return client


def page_of(kwork: Kwork) -> str:
    return reverse("admin:kworks_kworkdraft_change", args=[kwork.draft.pk])


def wait(kwork: Kwork, **by: int) -> None:
    """As if it had been sent that long ago."""
    draft = KworkDraft.objects.get(kwork=kwork)
    assert draft.submitted_at
    from_now = {"submitted_at": draft.submitted_at - timedelta(**by)}
    KworkDraft.objects.filter(pk=draft.pk).update(**from_now)


@pytest.fixture
def at_this_time(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kworks.admin.clock.now", lambda: stage.now)


@pytest.mark.usefixtures("at_this_time")
def test_the_queue_shows_age_and_warns_before_the_days_have_passed(moderator: Client, stage: Stage) -> None:
    fresh = a_waiting_draft(stage, title="Sent a minute ago")
    page = moderator.get(reverse(QUEUE)).content.decode()
    assert "Sent a minute ago" in page
    assert "moderation-warning" not in page
    wait(a_waiting_draft(stage, title="Waiting for long"), days=2, hours=1)
    page = moderator.get(reverse(QUEUE)).content.decode()
    assert page.index("Waiting for long") < page.index(fresh.draft.content["title"])
    assert "1 kwork has waited more than 2 days: decide it before 3 days have passed." in page
    wait(a_waiting_draft(stage, title="Waiting for too long"), days=4)
    assert "1 kwork has waited longer than the 3 days" in moderator.get(reverse(QUEUE)).content.decode()


@pytest.mark.usefixtures("at_this_time")
def test_the_queue_costs_the_same_queries_however_long_it_is(
    moderator: Client, stage: Stage, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    for count in (1, 4):
        for _ in range(count):
            a_waiting_draft(stage)
        with django_assert_max_num_queries(8):  # type: ignore[operator]
            moderator.get(reverse(QUEUE))


def test_differences_to_the_version_on_sale_are_marked(moderator: Client, stage: Stage) -> None:
    kwork = publish(stage)
    new = content(stage, title="A portrait of your cat")
    drafting.save_draft(kwork.pk, new, revision=1, by=stage.seller, now=stage.now)
    drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    page = moderator.get(page_of(kwork)).content.decode()
    assert "<del>dog</del>" in page
    assert "<ins>cat</ins>" in page
    assert page.count("moderation__part--changed") == 1


def test_a_kwork_is_accepted_once(moderator: Client, stage: Stage, mo: User) -> None:
    kwork = a_waiting_draft(stage)
    answer = moderator.post(page_of(kwork), {"decision": "accept", "revision": "1"}, follow=True)
    assert "Accepted: it is on sale." in answer.content.decode()
    assert Kwork.objects.get(pk=kwork.pk).status == KworkStatus.ON_SALE
    assert Event.objects.get(kind="kwork.accepted").by == mo
    again = moderator.post(page_of(kwork), {"decision": "accept", "revision": "1"}, follow=True)
    assert again.status_code == 200
    assert "decided already" in again.content.decode()
    assert Event.objects.filter(kind="kwork.accepted").count() == 1


def test_a_kwork_is_returned_with_remarks_on_its_parts(moderator: Client, stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    empty = moderator.post(page_of(kwork), {"decision": "return", "revision": "1", "reason": "kept"})
    assert "Write a remark for at least one part" in empty.content.decode()
    assert "kept" in empty.content.decode()
    sent = {"decision": "return", "revision": "1", "remark-title": "Whose dog?", "remark-images": "Too dark."}
    moderator.post(page_of(kwork), sent)
    draft = KworkDraft.objects.get(kwork=kwork)
    assert draft.status == DraftStatus.RETURNED
    assert draft.reasons == {"title": "Whose dog?", "images": "Too dark."}


def test_a_kwork_is_rejected_with_a_reason(moderator: Client, stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    moderator.post(page_of(kwork), {"decision": "reject", "revision": "1", "reason": "Gambling."})
    assert KworkDraft.objects.get(kwork=kwork).reasons == {"whole": "Gambling."}


def test_what_changed_meanwhile_is_shown_and_not_decided(moderator: Client, stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    answer = moderator.post(page_of(kwork), {"decision": "accept", "revision": "0"}, follow=True)
    assert "changed it since you opened it" in answer.content.decode()
    assert KworkDraft.objects.get(kwork=kwork).status == DraftStatus.WAITING


def test_only_moderators_see_the_queue(client: Client, stage: Stage, ada: User, sam: User) -> None:
    kwork = a_waiting_draft(stage)
    for user, codes in ((ada, {403}), (sam, {302, 403})):
        client.force_login(user)
        for address in (reverse(QUEUE), page_of(kwork)):
            assert client.get(address).status_code in codes
            assert client.post(address, {"decision": "accept", "revision": "1"}).status_code in codes
    assert KworkDraft.objects.get(kwork=kwork).status == DraftStatus.WAITING


def test_moderators_look_after_the_tree_and_read_kworks(moderator: Client, stage: Stage) -> None:
    kwork = publish(stage)
    for name, pk in (("category", kwork.category_id), ("kwork", kwork.pk)):
        assert moderator.get(reverse(f"admin:kworks_{name}_changelist")).status_code == 200
        assert moderator.get(reverse(f"admin:kworks_{name}_change", args=[pk])).status_code == 200


def test_the_pages_have_no_inline_code(moderator: Client, stage: Stage) -> None:
    page = moderator.get(page_of(a_waiting_draft(stage))).content.decode()
    assert "<style" not in page
    assert " onclick=" not in page
    assert "script-src" in moderator.get(reverse(QUEUE)).headers["Content-Security-Policy"]
