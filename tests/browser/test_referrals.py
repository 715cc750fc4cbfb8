"""The pages of referrals, filled: accessible, on a phone and on a desk; the link can be copied."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from core.money import dollars
from orders.models import Status
from referrals.models import GroupScheme, Referrer
from referrals.steps import groups, links, voiding
from tests.browser.conftest import MakeVisit
from tests.referrals.bringing import brought
from tests.stage import Stage, a_person

PAGES = ["/referrals/", "/referrals/people/", "/referrals/months/", "/referrals/banners/", "/referrals/group/"]
DAY = timedelta(days=1)


@pytest.fixture
def earning(bea: User, sam: User, sten: User, mo: User) -> Referrer:
    """Sten, who has brought people in every state, and has earned in two months."""
    now = timezone.now()
    stage = Stage(buyer=bea, seller=sam, now=now - 60 * DAY)
    link = links.own_link(sten, now=stage.now)
    links.count_click(link, now=stage.now)
    brought(bea, by=sten, now=stage.now)
    brought(sam, by=sten, now=stage.now)
    kwork = stage.a_kwork(price=dollars(120))
    stage.an_order(at=Status.COMPLETED, kwork=kwork)
    stage.later(45 * DAY)
    stage.an_order(at=Status.SPLIT, kwork=kwork)
    for login, days in (("olaf_who_has_a_long_login", 200), ("nina", 9)):
        brought(a_person(login, login, now=now), by=sten, now=now - days * DAY)
    groups.turn(GroupScheme(on=True), by=mo, now=now - 30 * DAY)
    due = GroupScheme.objects.get().next_run_at
    if due is not None and due <= now:
        groups.reckon(1, now)
    void = brought(a_person("pia", "Pia", now=now), by=sten, now=now - 4 * DAY)
    voiding.void(void.pk, "Both accounts log in from one browser and pay with one card.", by=mo, now=now)
    return link


@pytest.mark.rule("REF-04")
def test_pages_of_referrals_are_accessible_and_fit(earning: Referrer, visit: MakeVisit) -> None:
    person = visit(earning.user)
    for path in PAGES:
        person.go(path)
        person.check_both_ways()


@pytest.mark.parametrize("path", ["/referrals/banners/", "/settings/time-zone/"])
def test_on_a_phone_the_tab_of_this_page_is_in_sight(bea: User, visit: MakeVisit, path: str) -> None:
    person = visit(bea, viewport={"width": 360, "height": 800})
    person.go(path)
    here = person.page.locator("main nav [aria-current=page]")
    expect(here).to_be_in_viewport(ratio=0.95)


@pytest.mark.rule("REF-04")
def test_the_link_is_copied_with_one_press(earning: Referrer, visit: MakeVisit) -> None:
    person = visit(earning.user)
    person.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    person.go("/referrals/")
    button = person.page.locator("[data-copy]")
    button.click()
    expect(button).to_contain_text("Copied")
    assert person.page.evaluate("navigator.clipboard.readText()") == f"{person.address}/r/{earning.code}/"


@pytest.mark.rule("REF-01")
def test_the_link_stands_there_without_javascript(earning: Referrer, visit: MakeVisit) -> None:
    person = visit(earning.user, java_script_enabled=False)
    person.go("/referrals/")
    expect(person.page.get_by_label("Address")).to_have_value(f"{person.address}/r/{earning.code}/")
    expect(person.page.locator("[data-copy]")).to_be_hidden()
