"""A newcomer signs up, is refused what the rules refuse, and confirms the e-mail address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from accounts.queries import has_confirmed_email
from tests.browser.conftest import MakeVisit


@pytest.mark.rule("ACC-01", "ACC-04", "ACC-05")
def test_a_newcomer_signs_up_and_confirms(bea: User, visit: MakeVisit) -> None:
    guest = visit()
    guest.go("/signup/")
    guest.check()
    page = guest.page
    page.get_by_label(re.compile("e-?mail", re.IGNORECASE)).fill("nora@example.org")
    page.get_by_label("Login").fill("BEA")
    page.get_by_label("Password", exact=True).fill("a-long-quiet-river")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator("form").get_by_role("button", name="Sign up").click()
    expect(page.get_by_text(re.compile("taken", re.IGNORECASE)).first).to_be_visible()
    expect(page.get_by_label(re.compile("e-?mail", re.IGNORECASE))).to_have_value("nora@example.org")

    page.get_by_label("Login").fill("nora")
    page.get_by_label("Password", exact=True).fill("a-long-quiet-river")
    page.locator("form").get_by_role("button", name="Sign up").click()
    expect(page.get_by_text(re.compile("confirm", re.IGNORECASE)).first).to_be_visible()
    nora = User.objects.get(login="nora")
    assert nora.acceptances.filter(adult=True).exists()

    guest.go("/devtools/outbox/")
    page.get_by_role("link", name=re.compile("confirm", re.IGNORECASE)).first.click()
    letter = page.frame_locator("iframe").first
    link = letter.get_by_role("link", name=re.compile("confirm", re.IGNORECASE)).first.get_attribute("href")
    assert link
    page.goto(link)
    confirm = page.get_by_role("button", name=re.compile("confirm", re.IGNORECASE))
    if confirm.count():
        confirm.first.click()
    guest.go("/")
    assert has_confirmed_email(nora)
