"""Moderation (CAT-18): accept, return with reasons, reject; the old version stays on sale while a change waits."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from core.models import Event
from core.money import dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from kworks.models import DraftStatus, Kwork, KworkDraft, KworkStatus
from kworks.steps import drafting, moderation, publishing
from orders.models import Status
from tests.kworks.writing import a_waiting_draft, content, publish
from tests.stage import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.rule("CAT-18")]


def change(stage: Stage, kwork: Kwork, **parts: Any) -> int:
    """Sam sends a change of a kwork on sale; returns the revision that waits."""
    revision = KworkDraft.objects.get(kwork=kwork).revision
    draft = drafting.save_draft(kwork.pk, content(stage, **parts), revision=revision, by=stage.seller, now=stage.now)
    drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    return draft.revision


def test_a_new_kwork_is_not_on_sale_before_it_is_accepted(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    assert kwork.status == KworkStatus.NEW
    moderation.accept(kwork.pk, revision=1, by=stage.moderator, now=stage.later())
    kwork.refresh_from_db()
    assert kwork.status == KworkStatus.ON_SALE
    assert (kwork.title, kwork.slug) == ("A portrait of your dog", "a-portrait-of-your-dog")
    assert kwork.published_at == stage.now
    assert kwork.draft.decided_by == stage.moderator


def test_the_old_version_stays_on_sale_while_a_change_waits(stage: Stage) -> None:
    kwork = publish(stage)
    revision = change(stage, kwork, title="A portrait of your cat", price="30")
    kwork = Kwork.objects.get(pk=kwork.pk)
    assert (kwork.title, kwork.price, kwork.status) == ("A portrait of your dog", dollars(20), KworkStatus.ON_SALE)
    moderation.accept(kwork.pk, revision=revision, by=stage.moderator, now=stage.later())
    kwork = Kwork.objects.get(pk=kwork.pk)
    assert (kwork.title, kwork.price) == ("A portrait of your cat", dollars(30))
    assert kwork.slug == "a-portrait-of-your-cat"


def test_a_change_leaves_running_orders_as_they_are(stage: Stage) -> None:
    kwork = publish(stage)
    order = stage.an_order(at=Status.IN_WORK, kwork=kwork)
    revision = change(stage, kwork, title="A portrait of your cat", price="30", lead_days="9")
    moderation.accept(kwork.pk, revision=revision, by=stage.moderator, now=stage.later())
    order.refresh_from_db()
    assert (order.title, order.total, order.lead_hours) == ("A portrait of your dog", dollars(20), 96)


def test_an_accepted_change_of_a_paused_kwork_leaves_it_paused(stage: Stage) -> None:
    kwork = publish(stage)
    publishing.pause(kwork.pk, by=stage.seller, now=stage.now)
    revision = change(stage, kwork, title="A portrait of your cat")
    moderation.accept(kwork.pk, revision=revision, by=stage.moderator, now=stage.later())
    assert Kwork.objects.get(pk=kwork.pk).status == KworkStatus.PAUSED


def test_extras_that_keep_their_title_keep_their_id(stage: Stage) -> None:
    def row(title: str, price: str) -> dict[str, str]:
        return {"title": title, "price": price, "days": "", "way": "more"}

    kwork = publish(stage, extras=[row("A frame", "4"), row("Urgent", "9"), row("Urgent", "10")])
    ids = {extra.title: extra.pk for extra in reversed(kwork.extras.all())}
    revision = change(stage, kwork, extras=[row("Two dogs", "8"), row("A frame", "6"), row("Urgent", "9")])
    moderation.accept(kwork.pk, revision=revision, by=stage.moderator, now=stage.now)
    after = list(Kwork.objects.get(pk=kwork.pk).extras.all())
    assert [(extra.title, extra.price) for extra in after] == [
        ("Two dogs", dollars(8)),
        ("A frame", dollars(6)),
        ("Urgent", dollars(9)),
    ]
    assert after[1].pk == ids["A frame"]
    assert after[2].pk == ids["Urgent"]


def test_it_is_returned_with_a_reason_for_each_part(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    said = {"title": " Say whose dog. ", "price": "", "whole": "x"}
    moderation.return_with_reasons(kwork.pk, said, revision=1, by=stage.moderator, now=stage.now)
    draft = KworkDraft.objects.get(kwork=kwork)
    assert (draft.status, draft.reasons) == (DraftStatus.RETURNED, {"title": "Say whose dog."})
    event = Event.objects.get(kind="kwork.returned")
    assert (event.by, event.facts["reasons"]) == (stage.moderator, {"title": "Say whose dog."})
    drafting.save_draft(kwork.pk, {"title": "A portrait of your own dog"}, revision=1, by=stage.seller, now=stage.now)
    assert KworkDraft.objects.get(kwork=kwork).reasons, "remarks stay while it is being corrected"
    drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    assert KworkDraft.objects.get(kwork=kwork).reasons == {}


def test_returning_and_rejecting_need_reasons(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    with pytest.raises(Invalid):
        moderation.return_with_reasons(kwork.pk, {"title": " "}, revision=1, by=stage.moderator, now=stage.now)
    with pytest.raises(Invalid):
        moderation.reject(kwork.pk, " ", revision=1, by=stage.moderator, now=stage.now)
    with pytest.raises(Invalid, match="longer than"):
        moderation.reject(kwork.pk, "x" * 1001, revision=1, by=stage.moderator, now=stage.now)
    assert KworkDraft.objects.get(kwork=kwork).status == DraftStatus.WAITING


def test_a_rejected_change_leaves_the_accepted_version_on_sale(stage: Stage) -> None:
    kwork = publish(stage)
    revision = change(stage, kwork, title="Certain winnings for you")
    moderation.reject(kwork.pk, "Gambling.", revision=revision, by=stage.moderator, now=stage.now)
    kwork = Kwork.objects.select_related("draft").get(pk=kwork.pk)
    assert (kwork.title, kwork.status) == ("A portrait of your dog", KworkStatus.ON_SALE)
    with pytest.raises(OutOfTurn, match="rejected"):
        drafting.save_draft(kwork.pk, {"title": "x"}, revision=revision, by=stage.seller, now=stage.now)
    drafting.discard_change(kwork.pk, by=stage.seller, now=stage.now)
    assert Kwork.objects.get(pk=kwork.pk).draft.content["title"] == "A portrait of your dog"


def test_a_decision_is_made_once(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    moderation.accept(kwork.pk, revision=1, by=stage.moderator, now=stage.now)
    events = Event.objects.count()
    with pytest.raises(OutOfTurn, match="decided already"):
        moderation.accept(kwork.pk, revision=1, by=stage.moderator, now=stage.now)
    with pytest.raises(OutOfTurn, match="decided already"):
        moderation.return_with_reasons(kwork.pk, {"title": "x"}, revision=1, by=stage.moderator, now=stage.now)
    with pytest.raises(OutOfTurn, match="decided already"):
        moderation.reject(kwork.pk, "x", revision=1, by=stage.moderator, now=stage.now)
    assert Event.objects.count() == events


def test_a_version_that_the_moderator_has_not_seen_is_not_decided(stage: Stage) -> None:
    kwork = a_waiting_draft(stage)
    drafting.withdraw_from_moderation(kwork.pk, by=stage.seller, now=stage.now)
    drafting.save_draft(kwork.pk, {"title": "Something else now"}, revision=1, by=stage.seller, now=stage.now)
    drafting.submit(kwork.pk, by=stage.seller, now=stage.now)
    with pytest.raises(OutOfTurn, match="changed it since"):
        moderation.accept(kwork.pk, revision=1, by=stage.moderator, now=stage.now)


def test_only_another_moderator_decides(stage: Stage, ada: User, sten: User) -> None:
    kwork = a_waiting_draft(stage)
    for by in (stage.seller, sten, ada):
        with pytest.raises(NotAllowed):
            moderation.accept(kwork.pk, revision=1, by=by, now=stage.now)
    User.objects.filter(pk=stage.seller.pk).update(is_staff=True, is_superuser=True)
    with pytest.raises(NotAllowed, match="another moderator"):
        moderation.accept(kwork.pk, revision=1, by=User.objects.get(pk=stage.seller.pk), now=stage.now)
    assert Kwork.objects.get(pk=kwork.pk).status == KworkStatus.NEW
