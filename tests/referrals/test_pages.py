"""REF-04: the referrer's pages, whose they are, what they say and how much they ask the database."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core import clock
from marketplace.rulebook import referrals as chapter
from orders.models import Status
from referrals.models import Attachment, Deed, Referrer, Standing
from referrals.queries import earnings
from referrals.rules import BANNERS, REFERRALS_A_PAGE
from referrals.steps import joining, links, voiding
from tests.referrals.bringing import brought
from tests.stage import Stage, a_person

pytestmark = [pytest.mark.django_db, pytest.mark.rule("REF-04")]

PAGES = ["/referrals/", "/referrals/people/", "/referrals/months/", "/referrals/banners/"]
DAY = timedelta(days=1)


@pytest.fixture
def as_sten(client: Client, sten: User) -> Client:
    client.force_login(sten)
    return client


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_referrals_without_signing_in(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"].startswith("/login/")


def test_the_link_stands_in_a_field_that_can_be_selected(as_sten: Client, sten: User) -> None:
    text = _text(as_sten, "/referrals/")
    link = Referrer.objects.get(user=sten)
    assert f'value="{settings.SITE_URL}/r/{link.code}/" readonly' in text
    assert 'data-copy="referral-link"' in text


def test_rates_and_terms_are_those_that_the_site_runs(as_sten: Client) -> None:
    text = _text(as_sten, "/referrals/")
    for words in (">2.5%<", ">3.5%<", "of the order total", "within 180 days", "3 years from"):
        assert words in text
    rules = " ".join(str(rule) for rule in chapter.RULES)
    for words in ("2.5%", "3.5%", "180 days", "3 years", "30 days"):
        assert words in rules


def test_clicks_registrations_active_and_earnings_are_counted(as_sten: Client, stage: Stage, sten: User) -> None:
    stage.now = clock.now() - 2 * DAY
    link = links.own_link(sten, now=stage.now)
    for _ in range(7):
        links.count_click(link, now=stage.now)
    brought(stage.buyer, by=sten, now=stage.now)
    brought(stage.seller, by=sten, now=stage.now)
    brought(a_person("nina", "Nina", now=stage.now), by=sten, now=stage.now)
    stage.an_order(at=Status.COMPLETED)
    found = earnings.numbers(sten, stage.now)
    assert (found.clicks, found.registered, found.active, str(found.earned)) == (7, 3, 2, "3.00")
    assert "$3.00" in _text(as_sten, "/referrals/")


def test_each_referral_stands_there_with_state_deadline_and_earnings(
    as_sten: Client, stage: Stage, sten: User, mo: User
) -> None:
    stage.now = clock.now() - 10 * DAY
    active = brought(stage.buyer, by=sten, now=stage.now)
    nina = brought(a_person("nina", "Nina", now=stage.now), by=sten, now=stage.now)
    olaf = brought(a_person("olaf", "Olaf", now=stage.now), by=sten, now=stage.now)
    brought(a_person("pia", "Pia", now=stage.now), by=sten, now=stage.now - 190 * DAY)
    stage.an_order(at=Status.COMPLETED)
    voiding.void(olaf.pk, "One person with two accounts.", by=mo, now=stage.now)
    active.refresh_from_db()
    text = _text(as_sten, "/referrals/people/")
    assert f'pays you until <time datetime="{active.ends_at.isoformat()}"' in text
    assert f'without an order or an accepted kwork it ends on <time datetime="{nina.ends_at.isoformat()}"' in text
    assert "One person with two accounts." in text
    assert "pays nothing since" in text
    assert "$1.75" in text
    for standing in Standing:
        assert str(standing.label) in text


def test_of_a_referral_only_the_login_is_shown(as_sten: Client, stage: Stage, sten: User) -> None:
    stage.now = clock.now() - DAY
    brought(stage.buyer, by=sten, now=stage.now)
    order = stage.an_order(at=Status.COMPLETED)
    pages = " ".join(_text(as_sten, path) for path in PAGES)
    assert stage.buyer.login in pages
    for private in (stage.buyer.name, stage.buyer.email, stage.seller.login, order.title, order.number):
        assert private not in pages


def test_nobody_sees_anothers_referrals(client: Client, stage: Stage, sten: User, mo: User) -> None:
    stage.now = clock.now() - DAY
    brought(stage.buyer, by=sten, now=stage.now)
    stage.an_order(at=Status.COMPLETED)
    client.force_login(mo)
    assert "Nobody has registered through your link yet" in _text(client, "/referrals/people/")
    assert "Nothing earned yet" in _text(client, "/referrals/months/")
    assert earnings.numbers(mo, stage.now).registered == 0


def test_months_are_summed_in_the_viewers_calendar(stage: Stage, sten: User) -> None:
    brought(stage.seller, by=sten, now=stage.now)
    stage.now = datetime(2026, 3, 31, 19, 30, tzinfo=UTC)  # each order takes three hours from here
    stage.an_order(at=Status.COMPLETED)
    stage.an_order(at=Status.COMPLETED)
    months = earnings.months(sten)
    assert [(month.begins.strftime("%Y-%m"), month.orders, str(month.total)) for month in months] == [
        ("2026-04", 1, "1.25"),
        ("2026-03", 1, "1.25"),
    ]
    with timezone.override("America/Los_Angeles"):
        assert [(month.orders, str(month.sales), str(month.purchases)) for month in earnings.months(sten)] == [
            (2, "2.50", "0.00")
        ]


def test_the_months_page_lists_them(as_sten: Client, stage: Stage, sten: User) -> None:
    brought(stage.seller, by=sten, now=stage.now)
    stage.an_order(at=Status.COMPLETED)
    text = _text(as_sten, "/referrals/months/")
    assert "March 2026" in text
    assert "$1.25" in text
    assert "?kind=referral" in text


def test_honest_and_forbidden_ways_are_told(as_sten: Client) -> None:
    text = _text(as_sten, "/referrals/")
    assert "Honest ways" in text
    assert "Spam: mass letters" in text
    assert "can void them" in text


def test_banners_come_with_code_that_leads_to_the_link(as_sten: Client, sten: User, client: Client) -> None:
    text = _text(as_sten, "/referrals/banners/")
    link = Referrer.objects.get(user=sten)
    for banner in BANNERS:
        assert f"src=&quot;{settings.SITE_URL}/referrals/banners/{banner.size}.svg&quot;" in text
        client.logout()
        picture = client.get(f"/referrals/banners/{banner.size}.svg")
        assert picture.status_code == 200
        assert picture.headers["Content-Type"].startswith("image/svg+xml")
        assert picture.headers["Cache-Control"] == "public, max-age=86400"
        assert f'width="{banner.width}" height="{banner.height}"' in picture.content.decode()
        assert "<script" not in picture.content.decode()
    assert f"&lt;a href=&quot;{settings.SITE_URL}/r/{link.code}/&quot;&gt;" in text
    assert client.get("/referrals/banners/1x1.svg").status_code == 404


def test_pages_ask_no_more_for_many_referrals(as_sten: Client, sten: User, now: datetime) -> None:
    most = dict(zip(PAGES, (10, 8, 6, 7), strict=True))
    for path in PAGES:
        as_sten.get(path)
    for size in (2, REFERRALS_A_PAGE - 2):
        for number in range(size):
            person = a_person(f"p{size}-{number}", "P", now=now)
            brought(person, by=sten, now=now)
            joining.activate(person, Deed.ORDER, now=now)
        assert {path: _questions(as_sten, path) for path in PAGES} == most


def _questions(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def test_long_lists_are_paged(as_sten: Client, sten: User, now: datetime) -> None:
    for number in range(REFERRALS_A_PAGE + 1):
        brought(a_person(f"person{number:02}", "P", now=now), by=sten, now=now)
    assert "person00" not in _text(as_sten, "/referrals/people/")
    assert "person00" in _text(as_sten, "/referrals/people/?page=2")
    assert Attachment.objects.count() == REFERRALS_A_PAGE + 1
