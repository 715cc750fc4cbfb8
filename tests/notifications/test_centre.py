"""The notification center and the number on the bell."""

from __future__ import annotations

from datetime import datetime
from math import ceil

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.models import Event
from notifications.models import Notice
from notifications.rules import NOTICES_PER_PAGE
from tests.notifications.conftest import ORDER_URL, Telling
from tests.notifications.samples import SAMPLES

CENTRE = "/notifications/"
UNREAD = "/notifications/unread/"


@pytest.fixture
def at_bea(client: Client, bea: User) -> Client:
    """Bea's browser."""
    client.force_login(bea)
    return client


def page(client: Client, url: str = CENTRE) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.rule("MSG-05")
def test_the_centre_shows_what_happened_newest_first(at_bea: Client, told: Telling) -> None:
    told(kind="order.started")
    told(kind="top_up.paid")
    content = page(at_bea)
    assert content.index("$50.00 was added to your balance.") < content.index("sam started working on")
    assert "A logo &amp; &lt;more&gt;" in content


def test_every_kind_of_notice_can_be_shown(at_bea: Client, told: Telling) -> None:
    for kind in SAMPLES:
        told(kind=kind)
    pages = range(1, 1 + ceil(len(SAMPLES) / NOTICES_PER_PAGE))
    assert sum(page(at_bea, f"{CENTRE}?page={each}").count('class="notice ') for each in pages) == len(SAMPLES)


def test_an_empty_centre_says_what_will_be_here(at_bea: Client) -> None:
    assert "Nothing has happened yet" in page(at_bea)
    assert "Mark all as read" not in page(at_bea)


def test_only_unread_ones_are_shown_when_asked_for(at_bea: Client, told: Telling, now: datetime) -> None:
    Notice.objects.filter(pk=told(kind="top_up.paid").pk).update(read_at=now)
    assert "You have read everything" in page(at_bea, f"{CENTRE}?show=unread")
    told(kind="order.started")
    content = page(at_bea, f"{CENTRE}?show=unread")
    assert "started working" in content
    assert "$50.00 was added" not in content


def test_a_long_list_has_pages(at_bea: Client, told: Telling) -> None:
    for _ in range(NOTICES_PER_PAGE + 1):
        told()
    assert page(at_bea).count('class="notice ') == NOTICES_PER_PAGE
    assert page(at_bea, f"{CENTRE}?page=2").count('class="notice ') == 1


def test_a_longer_list_costs_no_more_queries(
    at_bea: Client, told: Telling, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(NOTICES_PER_PAGE):
        told()
    page(at_bea)
    # session, user; the list with its count, the newest, the number on the bell, the balance, the clock twice
    with django_assert_max_num_queries(8):
        page(at_bea)


def test_opening_a_notice_leads_to_its_page_and_marks_it_as_read(at_bea: Client, told: Telling) -> None:
    notice, other = told(), told()
    response = at_bea.get(reverse("notifications-open", args=[notice.pk]))
    assert (response.status_code, response["Location"]) == (302, ORDER_URL)
    assert list(Notice.objects.filter(read_at=None)) == [other]


def test_nobody_opens_anothers_notice(at_bea: Client, sam: User, told: Telling) -> None:
    notice = told(sam)
    assert at_bea.get(reverse("notifications-open", args=[notice.pk])).status_code == 404
    assert Notice.objects.get().read_at is None
    assert "started working" not in page(at_bea)


def test_marking_all_as_read_twice_is_no_error(at_bea: Client, told: Telling) -> None:
    newest = told().pk
    for _ in range(2):
        assert at_bea.post(reverse("notifications-read"), {"newest": newest}).status_code == 302
    assert not Notice.objects.filter(read_at=None).exists()


@pytest.mark.parametrize("newest", ["", "x", "-1", "٣"])
def test_marking_nothing_in_particular_changes_nothing(at_bea: Client, told: Telling, newest: str) -> None:
    told()
    assert at_bea.post(reverse("notifications-read"), {"newest": newest}).status_code == 302
    assert Notice.objects.filter(read_at=None).exists()


def test_reading_all_takes_a_form_and_the_list_a_link(at_bea: Client) -> None:
    assert at_bea.get(reverse("notifications-read")).status_code == 405
    assert at_bea.post(CENTRE).status_code == 405


@pytest.mark.parametrize("address", [CENTRE, "/notifications/1/open/"])
def test_the_centre_is_for_those_who_are_signed_in(client: Client, db: None, address: str) -> None:
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, f"/login/?next={address}")


@pytest.mark.rule("MSG-05")
def test_the_bell_shows_the_number_of_unread_notices_on_every_page(at_bea: Client, told: Telling) -> None:
    told()
    told()
    assert 'data-unread="2"' in page(at_bea)


def test_the_number_is_not_sent_again_while_it_is_the_one_shown(at_bea: Client, told: Telling) -> None:
    told()
    assert at_bea.get(UNREAD, {"shown": "1"}).status_code == 204
    changed = at_bea.get(UNREAD, {"shown": "0"})
    assert changed.status_code == 200
    assert f'hx-get="{UNREAD}?shown=1"' in changed.content.decode()
    assert "no-store" in changed["Cache-Control"]


def test_a_page_left_open_after_signing_out_stops_asking(client: Client, db: None) -> None:
    assert client.get(UNREAD, {"shown": "1"}).status_code == 286


def test_asking_for_the_number_costs_one_query_of_its_own(
    at_bea: Client, told: Telling, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    told()
    at_bea.get(UNREAD)
    with django_assert_num_queries(2):  # the user, the count; the session is in the cache
        at_bea.get(UNREAD)


def test_more_than_can_be_shown_is_shown_as_that(at_bea: Client, bea: User, event: Event, now: datetime) -> None:
    Notice.objects.bulk_create(
        Notice(user=bea, event=event, kind=f"test.{number}", url="/", at=now) for number in range(120)
    )
    assert ">99+<" in page(at_bea, UNREAD)


@pytest.mark.parametrize("newest", ["9" * 30, "9" * 10_000, "\u00b2", "-1", "x", ""])
def test_a_forged_last_number_reads_nothing_and_breaks_nothing(at_bea: Client, told: Telling, newest: str) -> None:
    told()
    assert at_bea.post("/notifications/read/", {"newest": newest}).status_code == 302
    assert Notice.objects.filter(read_at__isnull=True).count() == 1
