"""REF-01: links, clicks, what a browser remembers, and how a newcomer becomes a referral."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from core import clock
from referrals.cookies import CAME_BY, SHOWN
from referrals.models import Attachment, ClickDay, Flag, FlagKind, Referrer
from referrals.rules import CODE_LENGTH, COOKIE_FOR, VISIT
from referrals.steps import links
from tests.accounts.conftest import PASSWORD, agreements, quick_and_quiet
from tests.accounts.newcomer import typed

__all__ = ["agreements", "quick_and_quiet"]

pytestmark = [pytest.mark.django_db, pytest.mark.rule("REF-01"), pytest.mark.usefixtures("agreements")]

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def link(bea: User, now: datetime) -> Referrer:
    """Bea's."""
    return links.own_link(bea, now=now)


@pytest.fixture
def sams(sam: User, now: datetime) -> Referrer:
    """Sam's link."""
    return links.own_link(sam, now=now)


@pytest.fixture
def browser() -> Client:
    """A browser that was never here."""
    return Client(headers=BROWSER)


def _follow(browser: Client, link: Referrer, **headers: str) -> None:
    answer = browser.get(link.get_absolute_url(), headers=headers)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def _clicks(link: Referrer) -> int:
    return sum(ClickDay.objects.filter(referrer=link).values_list("count", flat=True))


def test_everybody_has_one_link_which_nobody_can_guess(bea: User, link: Referrer, now: datetime) -> None:
    assert links.own_link(bea, now=now + timedelta(days=9)) == link
    assert len(link.code) == CODE_LENGTH >= 8


def test_who_registers_through_a_link_is_attached_to_its_owner(browser: Client, link: Referrer, bea: User) -> None:
    _follow(browser, link)
    assert _clicks(link) == 1
    before = clock.now()
    browser.post("/signup/", typed())
    attachment = Attachment.objects.get()
    assert (attachment.referral.login, attachment.referrer) == ("nina", bea)
    assert before <= attachment.at <= clock.now()
    assert attachment.ends_at == attachment.at + timedelta(days=180)
    assert not Flag.objects.exists()


def test_the_cookie_is_signed_and_no_script_or_other_site_gets_it(browser: Client, link: Referrer) -> None:
    _follow(browser, link)
    cookie = browser.cookies[CAME_BY]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", COOKIE_FOR.total_seconds())
    value, dot, signature = cookie.value.rpartition(":")
    browser.cookies[CAME_BY] = value + dot + signature[::-1]
    browser.post("/signup/", typed())
    assert User.objects.filter(login="nina").exists()
    assert not Attachment.objects.exists()


def test_the_first_link_counts(browser: Client, link: Referrer, sams: Referrer, bea: User) -> None:
    _follow(browser, link)
    _follow(browser, sams)
    assert (_clicks(link), _clicks(sams)) == (1, 1)
    browser.post("/signup/", typed())
    assert Attachment.objects.get().referrer == bea


@pytest.mark.parametrize(("days", "counts"), [(29, True), (31, False)])
def test_a_browser_remembers_for_thirty_days(
    browser: Client, link: Referrer, sams: Referrer, days: int, counts: bool
) -> None:
    _follow(browser, link)
    clock.move_forward(timedelta(days=days))
    browser.post("/signup/", typed())
    assert Attachment.objects.exists() is counts


def test_when_the_first_link_is_forgotten_the_next_one_counts(
    browser: Client, link: Referrer, sams: Referrer, sam: User
) -> None:
    _follow(browser, link)
    clock.move_forward(timedelta(days=31))
    _follow(browser, sams)
    browser.post("/signup/", typed())
    assert Attachment.objects.get().referrer == sam


def test_once_it_has_counted_the_browser_forgets_the_link(browser: Client, link: Referrer) -> None:
    _follow(browser, link)
    browser.post("/signup/", typed())
    assert browser.cookies[CAME_BY].value == ""
    browser.post("/logout/")
    browser.post("/signup/", typed(email="olaf@example.org", username="olaf"))
    assert User.objects.filter(login="olaf").exists()
    assert Attachment.objects.count() == 1


def test_who_is_signed_in_is_no_newcomer(browser: Client, link: Referrer, sten: User) -> None:
    browser.force_login(sten)
    _follow(browser, link)
    assert CAME_BY not in browser.cookies
    assert _clicks(link) == 0
    browser.post("/logout/")
    browser.post("/signup/", typed())
    assert not Attachment.objects.exists()


def test_signing_in_with_an_account_forgets_the_link(browser: Client, link: Referrer, sten: User) -> None:
    sten.set_password(PASSWORD)
    sten.save()
    _follow(browser, link)
    browser.post("/login/", {"login": "sten", "password": PASSWORD})
    assert browser.cookies[CAME_BY].value == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"User-Agent": "Mozilla/5.0 (compatible; SomeBot/2.1)"},
        {"User-Agent": "facebookexternalhit/1.1"},
        {"User-Agent": "curl/8.0"},
        {"User-Agent": ""},
    ],
    ids=lambda headers: "-".join(headers.values()) or "nothing",
)
def test_machines_and_looking_ahead_do_not_count(browser: Client, link: Referrer, headers: dict[str, str]) -> None:
    _follow(browser, link, **headers)
    assert _clicks(link) == 0
    assert CAME_BY not in browser.cookies


def test_asking_for_the_head_alone_does_not_count(browser: Client, link: Referrer) -> None:
    assert browser.head(link.get_absolute_url()).status_code == 302
    assert _clicks(link) == 0
    assert browser.post(link.get_absolute_url()).status_code == 405


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("/categories/", "/categories/"),
        ("/search/?q=logo", "/search/?q=logo"),
        ("https://evil.example.org/", "/"),
        ("//evil.example.org/", "/"),
        ("/\\evil.example.org", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_a_link_leads_to_pages_of_this_site_only(browser: Client, link: Referrer, to: str, where: str) -> None:
    answer = browser.get(link.get_absolute_url(), {"to": to})
    assert answer.headers["Location"] == where
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_a_link_that_leads_to_nobody_still_leads_to_the_site(browser: Client, link: Referrer, bea: User) -> None:
    assert browser.get("/r/nobodys9/").headers["Location"] == "/"
    bea.is_active = False
    bea.save()
    _follow(browser, link)
    assert (_clicks(link), CAME_BY in browser.cookies) == (0, False)


def test_a_link_whose_owner_was_blocked_meanwhile_attaches_nobody(browser: Client, link: Referrer, bea: User) -> None:
    _follow(browser, link)
    User.objects.filter(pk=bea.pk).update(is_active=False)
    browser.post("/signup/", typed())
    assert User.objects.filter(login="nina").exists()
    assert not Attachment.objects.exists()


@pytest.mark.rule("REF-05")
@pytest.mark.parametrize("looked", [True, False])
def test_ones_own_link_brings_nobody_in_the_browser_one_was_just_signed_in_with(
    browser: Client, link: Referrer, bea: User, looked: bool
) -> None:
    browser.force_login(bea)
    if looked:
        browser.get("/referrals/")
    browser.post("/logout/")
    clock.move_forward(VISIT - timedelta(minutes=1))
    _follow(browser, link)
    assert (_clicks(link), CAME_BY in browser.cookies) == (0, False)
    assert "Nobody is their own referral" in browser.get("/").content.decode()
    browser.post("/signup/", typed())
    assert User.objects.filter(login="nina").exists()
    assert not Attachment.objects.exists()


@pytest.mark.rule("REF-05")
def test_anothers_link_still_counts_there(
    browser: Client, link: Referrer, sams: Referrer, bea: User, sam: User
) -> None:
    browser.force_login(bea)
    browser.get("/referrals/")
    browser.post("/logout/")
    _follow(browser, link)
    _follow(browser, sams)
    browser.post("/signup/", typed())
    assert Attachment.objects.get().referrer == sam
    assert not Flag.objects.exists()


@pytest.mark.rule("REF-05")
def test_a_later_registration_from_the_owners_own_browser_is_flagged(
    browser: Client, link: Referrer, bea: User
) -> None:
    browser.force_login(bea)
    browser.get("/referrals/")
    assert browser.cookies[SHOWN]["httponly"]
    browser.post("/logout/")
    clock.move_forward(VISIT)
    _follow(browser, link)
    assert _clicks(link) == 0
    browser.post("/signup/", typed())
    attachment = Attachment.objects.get()
    assert attachment.voided_at is None
    assert [flag.kind for flag in attachment.flags.all()] == [FlagKind.BROWSER]


def test_clicks_of_a_day_are_one_row_without_a_word_about_anybody(link: Referrer) -> None:
    for _ in range(3):
        _follow(Client(headers=BROWSER), link)
    day = ClickDay.objects.get()
    assert day.count == 3
    assert {field.name for field in ClickDay._meta.fields} == {"id", "referrer", "day", "count"}
