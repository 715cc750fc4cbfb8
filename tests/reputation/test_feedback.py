"""Feedback: by the buyer of a completed order, once, shown on kwork and profile (RAT-06)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.refusals import Invalid, NotAllowed, OutOfTurn
from kworks.models import Kwork
from orders.models import Order, Status
from reputation import steps
from reputation.models import Feedback
from reputation.rules import FEEDBACK_MOST, SHOWN_IN_PLACE, SHOWN_PER_PAGE
from tests.orders.facts import facts
from tests.orders.visits import HTMX, at, signed_in, words
from tests.stage import Stage

pytestmark = pytest.mark.rule("RAT-06")


def _send(stage: Stage, order: Order, user: User, **values: str) -> str:
    with at(stage.now):
        answer = signed_in(user).post(reverse("order-feedback", args=[order.number]), values, follow=True)
    return words(answer) if answer.status_code == 200 else str(answer.status_code)


def _shown(stage: Stage, order: Order, user: User) -> str:
    with at(stage.now):
        return words(signed_in(user).get(reverse("order-feedback", args=[order.number]), headers=HTMX))


@pytest.mark.parametrize(("liked", "counts"), [("yes", (1, 0)), ("no", (0, 1))])
def test_the_buyer_says_once_how_it_was_and_it_counts(stage: Stage, liked: str, counts: tuple[int, int]) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    assert "How was it?" in _shown(stage, order, stage.buyer)
    assert "Thank you." in _send(stage, order, stage.buyer, liked=liked, text="Quick & clear.")
    feedback = Feedback.objects.get()
    assert (feedback.positive, feedback.text, feedback.author) == (liked == "yes", "Quick & clear.", stage.buyer)
    kwork = Kwork.objects.get(pk=order.kwork_id)
    assert (kwork.likes, kwork.dislikes) == counts
    for user in (stage.buyer, stage.seller):
        page = _shown(stage, order, user)
        assert "Quick & clear." in page
        assert "<form" not in page


def test_a_second_press_says_it_once_and_a_second_opinion_is_refused(stage: Stage) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    for _twice in range(2):
        page = _send(stage, order, stage.buyer, liked="yes", text="Quick.")
        assert "already" not in page
    with pytest.raises(OutOfTurn):
        steps.leave_feedback(order.pk, positive=False, text="On second thought.", by=stage.buyer, now=stage.now)
    kwork = Kwork.objects.get(pk=order.kwork_id)
    assert (Feedback.objects.count(), kwork.likes, kwork.dislikes) == (1, 1, 0)


@pytest.mark.parametrize("status", [Status.PLACED, Status.IN_WORK, Status.DELIVERED, Status.CANCELED])
def test_only_completed_orders_have_feedback(stage: Stage, status: Status) -> None:
    order = stage.an_order(at=status)
    assert "<form" not in _shown(stage, order, stage.buyer)
    page = _send(stage, order, stage.buyer, liked="yes", text="Quick.")
    assert "There is no feedback on this order." in page
    with pytest.raises(OutOfTurn):
        steps.leave_feedback(order.pk, positive=True, text="Quick.", by=stage.buyer, now=stage.now)
    assert not Feedback.objects.exists()


def test_nobody_but_the_buyer_leaves_feedback(stage: Stage, sten: User, ada: User) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    before = facts(order.pk)
    assert "<form" not in _shown(stage, order, stage.seller)
    for user in (stage.seller, sten, ada):
        _send(stage, order, user, liked="yes", text="Splendid.")
        with pytest.raises(NotAllowed):
            steps.leave_feedback(order.pk, positive=True, text="Splendid.", by=user, now=stage.now)
    assert signed_in(sten).get(reverse("order-feedback", args=[order.number])).status_code == 404
    assert not Feedback.objects.exists()
    assert facts(order.pk) == before


@pytest.mark.parametrize("text", ["", "   ", "x" * (FEEDBACK_MOST + 1)])
def test_empty_and_endless_texts_are_refused(stage: Stage, text: str) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    with pytest.raises(Invalid):
        steps.leave_feedback(order.pk, positive=True, text=text, by=stage.buyer, now=stage.now)
    assert "What you entered is kept." in _send(stage, order, stage.buyer, liked="no", text=text)
    assert not Feedback.objects.exists()


def test_a_text_without_a_verdict_is_kept(stage: Stage) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    page = _send(stage, order, stage.buyer, text="Quick and clear.")
    assert "Choose one of the two." in page
    assert "Quick and clear.</textarea>" in page


def test_htmx_gets_the_feedback_in_place_with_the_thanks(stage: Stage) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    url = reverse("order-feedback", args=[order.number])
    with at(stage.now):
        answer = signed_in(stage.buyer).post(url, {"liked": "yes", "text": "Quick."}, headers=HTMX)
    page = words(answer)
    assert page.startswith('<div id="order-feedback"')
    assert 'hx-swap-oob="true"' in page
    assert "Thank you." in page


def _many(stage: Stage, count: int) -> Kwork:
    kwork = stage.a_kwork()
    for number in range(count):
        order = stage.an_order(at=Status.COMPLETED, kwork=kwork)
        steps.leave_feedback(
            order.pk, positive=number % 2 == 0, text=f"Opinion {number}.", by=stage.buyer, now=stage.later()
        )
    return kwork


def test_feedback_stands_on_the_kwork_and_the_profile_newest_first(stage: Stage) -> None:
    kwork = _many(stage, SHOWN_IN_PLACE + 1)
    for url in (reverse("kwork-feedback", args=[kwork.pk]), reverse("profile-feedback", args=["sam"])):
        part = words(Client().get(url, headers=HTMX))
        assert part.startswith("<section")
        assert part.index("Opinion 5.") < part.index("Opinion 4.")
        assert "Opinion 0." not in part
        assert f'href="{url}">All 6 feedbacks' in part
        page = words(Client().get(url))
        assert "Opinion 0." in page


def test_a_long_list_has_pages_and_keeps_its_query_count(stage: Stage) -> None:
    kwork = _many(stage, 2)
    url = reverse("profile-feedback", args=["sam"])
    guest = Client()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert guest.get(url).status_code == 200
        return len(captured)

    queries()
    few = queries()
    first = Feedback.objects.first()
    assert first is not None
    for number in range(SHOWN_PER_PAGE):
        order = stage.an_order(at=Status.COMPLETED, kwork=kwork)
        steps.leave_feedback(order.pk, positive=True, text=f"More {number}.", by=stage.buyer, now=stage.later())
    assert queries() == few
    page = words(guest.get(url, {"page": 2}))
    assert first.text in page
    assert "More 19." not in page


def test_a_kwork_without_feedback_says_so(stage: Stage) -> None:
    kwork = stage.a_kwork()
    assert "No feedback yet" in words(Client().get(reverse("kwork-feedback", args=[kwork.pk])))
    Kwork.objects.filter(pk=kwork.pk).update(status="new")
    assert Client().get(reverse("kwork-feedback", args=[kwork.pk])).status_code == 404
    assert Client().get(reverse("profile-feedback", args=["nobody"])).status_code == 404
