"""Every page: axe clean, no wider than a phone, in light and dark; the sale also without JavaScript."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from core.money import dollars
from orders.models import Order, Status
from tests.browser.conftest import MakeVisit
from tests.stage import Stage, give

PHONE = {"viewport": {"width": 360, "height": 740}}
PUBLIC = [
    "/",
    "/categories/",
    "/categories/design/",
    "/search/?q=logo",
    "/search/?q=zzzz",
    "/rules/",
    "/login/",
    "/users/sam/",
]
BEAS = [
    "/",
    "/orders/?role=buyer",
    "/balance/",
    "/balance/add/",
    "/notifications/",
    "/settings/",
    "/referrals/",
    "/referrals/people/",
]
SAMS = ["/orders/?role=seller", "/my/kworks/", "/my/kworks/new/"]


@pytest.fixture
def stage(bea: User, sam: User) -> Stage:
    return Stage(buyer=bea, seller=sam, now=timezone.now())


def test_pages_are_accessible_and_fit_a_phone(stage: Stage, bea: User, sam: User, visit: MakeVisit) -> None:
    kwork = stage.a_kwork(extras=2)
    order = stage.an_order(at=Status.DELIVERED, kwork=kwork)
    for user, paths in (
        (None, [*PUBLIC, kwork.get_absolute_url()]),
        (bea, [*BEAS, order.get_absolute_url()]),
        (sam, SAMS),
    ):
        person = visit(user, **PHONE)
        for path in paths:
            person.go(path)
            person.check_both_ways()


def test_one_click_signs_in_in_development(bea: User, visit: MakeVisit) -> None:
    anyone = visit()
    anyone.go("/login/")
    anyone.page.get_by_role("button", name=re.compile(bea.shown_name)).click()
    expect(anyone.page.get_by_role("link", name="My orders").first).to_be_attached()


@pytest.mark.rule("ORD-01")
def test_a_purchase_works_without_javascript(stage: Stage, bea: User, visit: MakeVisit) -> None:
    kwork = stage.a_kwork(price=dollars(50))
    give(bea, dollars(60), now=stage.now)
    buyer = visit(bea, java_script_enabled=False)
    buyer.go(kwork.get_absolute_url())
    order_here = buyer.page.locator(".slot").get_by_role("link").first
    order_here.click()
    buyer.page.get_by_role("button", name="Order").click()
    buyer.page.get_by_role("button", name=re.compile(r"Order — \$50")).click()
    expect(buyer.page.get_by_text(kwork.title).first).to_be_visible()
    assert Order.objects.get().status == Status.PLACED


@pytest.mark.parametrize("javascript", [True, False])
def test_after_a_refused_form_the_keyboard_is_at_what_is_wrong(bea: User, visit: MakeVisit, javascript: bool) -> None:
    person = visit(bea, java_script_enabled=javascript)
    page = person.page
    # A browser does not follow the page's mark where its address names a place: then the script does.
    for path in ("/balance/add/", *(["/balance/add/#presets"] if javascript else [])):
        person.go(path)
        page.get_by_label("Amount").fill("a lot")
        page.get_by_label("Amount").press("Enter")
        expect(page.get_by_role("alert").filter(has_text="Please look at these places")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("alert").get_by_role("link", name="Amount")).to_be_focused()
        if javascript:
            person.check()
    person.go("/balance/promo/")
    page.get_by_label("Promo code").fill("NOTHING")
    page.get_by_label("Promo code").press("Enter")
    expect(page.get_by_text("no such code", exact=False)).to_be_visible()
    expect(page.get_by_label("Promo code")).to_be_focused()
