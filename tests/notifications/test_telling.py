"""One notice per event, user and kind, with its letter, in the transaction of the reaction (MSG-05)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.template import TemplateDoesNotExist

from accounts.models import User
from core import handing
from core.models import Event
from notifications import queries, steps
from notifications.models import Letter, Notice
from notifications.rules import UNREAD_MOST_COUNTED
from notifications.steps import tell
from tests.notifications.conftest import ORDER_URL, Telling


def test_a_notice_says_what_happened_when_and_where_it_leads(bea: User, event: Event, now: datetime) -> None:
    tell(bea, event=event, kind="order.started", url=ORDER_URL, facts={"number": "48210377"})
    notice = Notice.objects.get()
    assert (notice.user, notice.event, notice.kind, notice.url) == (bea, event, "order.started", ORDER_URL)
    assert (notice.facts, notice.at, notice.read_at) == ({"number": "48210377"}, now, None)


@pytest.mark.rule("MSG-05")
def test_the_same_event_is_told_once_and_mailed_once(bea: User, event: Event) -> None:
    for _ in range(2):
        tell(bea, event=event, kind="order.started", url=ORDER_URL)
    assert (Notice.objects.count(), Letter.objects.count()) == (1, 1)


def test_one_event_can_be_told_to_both_sides(bea: User, sam: User, event: Event) -> None:
    for user in (bea, sam):
        tell(user, event=event, kind="order.expired", url=ORDER_URL)
    assert Notice.objects.count() == 2


@pytest.mark.rule("ORD-03")
def test_the_letter_is_due_at_once(letter: Letter, now: datetime) -> None:
    assert (letter.due_at, letter.sent_at, letter.tries) == (now, None, 0)


def test_a_notice_can_go_without_a_letter(told: Telling) -> None:
    told(mail=False)
    assert not Letter.objects.exists()


def test_a_kind_without_words_is_told_to_nobody(bea: User, event: Event) -> None:
    with pytest.raises(TemplateDoesNotExist):
        tell(bea, event=event, kind="order.unheard_of", url=ORDER_URL)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x", ""])
def test_a_notice_leads_nowhere_else(bea: User, event: Event, url: str) -> None:
    with pytest.raises(ValueError, match="path of this site"):
        tell(bea, event=event, kind="order.started", url=url)
    assert not Notice.objects.exists()


@pytest.mark.rule("MSG-05")
def test_a_reaction_that_fails_after_telling_has_told_nobody_and_tells_once_later(
    bea: User, event: Event, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]

    def react(happened: Event) -> None:
        tell(bea, event=happened, kind="order.started", url=ORDER_URL)
        if broken:
            raise ZeroDivisionError

    react.__qualname__ = "react"
    monkeypatch.setattr(handing, "_reactions", {"order.started": [react]})
    Event.objects.update(handed_at=None)
    handing.hand_on(event.pk, now=now)
    assert (Notice.objects.count(), Letter.objects.count()) == (0, 0)
    broken.clear()
    handing.hand_on_waiting(now=now)
    handing.hand_on_waiting(now=now)
    assert (Notice.objects.count(), Letter.objects.count()) == (1, 1)


def test_reading_counts_the_first_time(told: Telling, now: datetime) -> None:
    notice = told()
    steps.read(notice, now=now)
    steps.read(notice, now=now + timedelta(days=1))
    notice.refresh_from_db()
    assert notice.read_at == now


def test_reading_all_leaves_what_came_meanwhile_and_what_is_others(
    bea: User, sam: User, told: Telling, now: datetime
) -> None:
    _old, seen, came_later, others = told(), told(), told(), told(sam)
    steps.read_all(bea, up_to=seen.pk, now=now)
    unread = set(Notice.objects.filter(read_at=None))
    assert unread == {came_later, others}


def test_unread_counts_stop_where_the_number_is_no_longer_shown(bea: User, event: Event, now: datetime) -> None:
    Notice.objects.bulk_create(
        Notice(user=bea, event=event, kind=f"test.{number}", url="/", at=now) for number in range(150)
    )
    assert queries.unread_count(bea) == UNREAD_MOST_COUNTED + 1
