"""ACC-10, ACC-14, ACC-15: the role shown, the zone of times, being online."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import queries, rules
from accounts.middleware import PresenceMiddleware
from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.rule("ACC-10")
def test_the_switch_changes_the_role_and_stays_on_the_page(as_nora: Client, nora: User) -> None:
    answer = as_nora.post("/role/", {"role": "seller", "next": "/settings/account/"})
    assert answer["Location"] == "/settings/account/"
    nora.refresh_from_db()
    assert nora.role == "seller"
    as_nora.post("/role/", {"role": "seller"})
    as_nora.post("/role/", {"role": "buyer"})
    nora.refresh_from_db()
    assert nora.role == "buyer"


@pytest.mark.rule("ACC-10")
@pytest.mark.parametrize("form", [{"role": "king"}, {}])
def test_no_other_role_can_be_chosen(as_nora: Client, nora: User, form: dict[str, str]) -> None:
    answer = as_nora.post("/role/", form, follow=True)
    assert "Choose Buying or Selling." in answer.content.decode()
    nora.refresh_from_db()
    assert nora.role == "buyer"


def test_the_switch_leads_to_no_other_site_and_changes_nothing_by_get(as_nora: Client, client: Client) -> None:
    assert as_nora.post("/role/", {"role": "buyer", "next": "https://evil.example/"})["Location"] == "/"
    assert as_nora.get("/role/").status_code == 405
    as_nora.logout()
    assert "/login/" in client.post("/role/", {"role": "seller"})["Location"]


def _page(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def visit(user: User) -> int:
    """How many times a page's request writes to the user, when the page itself does nothing."""
    request = RequestFactory().get("/")
    request.user = user
    with CaptureQueriesContext(connection) as caught:
        PresenceMiddleware(_page)(request)
    return sum(query["sql"].startswith("UPDATE") for query in caught)


@pytest.mark.rule("ACC-15")
def test_being_here_is_noted_once_a_minute(nora: User) -> None:
    assert [visit(nora) for _ in range(3)] == [1, 0, 0]
    nora.refresh_from_db()
    assert nora.last_seen_at is not None
    cache.delete(f"accounts:seen:{nora.pk}")
    assert visit(nora) == 1


@pytest.mark.rule("ACC-15")
def test_online_means_seen_within_five_minutes(nora: User, sten: User, now: datetime) -> None:
    User.objects.filter(pk=nora.pk).update(last_seen_at=now - timedelta(minutes=4))
    User.objects.filter(pk=sten.pk).update(last_seen_at=now - rules.ONLINE_WITHIN)
    assert queries.online_count(now) == 1
    nora.refresh_from_db()
    sten.refresh_from_db()
    assert (queries.is_online(nora, now), queries.is_online(sten, now)) == (True, False)


@pytest.mark.rule("ACC-15")
def test_the_count_is_kept_for_a_moment(nora: User, now: datetime) -> None:
    assert queries.online_count(now) == 0
    User.objects.update(last_seen_at=now)
    with CaptureQueriesContext(connection) as caught:
        assert queries.online_count(now) == 0
    assert len(caught) == 0


@pytest.mark.rule("ACC-14")
@pytest.mark.parametrize(("zone", "hour"), [("Asia/Tokyo", 18), ("Mars/Olympus", 9), ("../etc", 9), ("UTC", 9)])
def test_times_are_shown_in_the_viewers_zone(nora: User, now: datetime, zone: str, hour: int) -> None:
    nora.time_zone = zone
    seen = []

    def page(_request: HttpRequest) -> HttpResponse:
        seen.append(timezone.localtime(now).hour)
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = nora
    PresenceMiddleware(page)(request)
    assert seen == [hour]
    assert timezone.get_current_timezone_name() == "UTC"
