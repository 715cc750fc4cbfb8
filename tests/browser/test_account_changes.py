"""Changing e-mail and login (ACC-06, ACC-07): each state of the pages, on a phone, and the way through without JavaScript."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.steps import email_changes
from tests.browser.conftest import MakeVisit
from tests.browser.test_pages import PHONE

NEW = "a-rather-long-address.for-a-phone@new.example.org"


@pytest.mark.rule("ACC-06")
def test_each_state_of_a_change_of_e_mail_is_accessible_and_fits_a_phone(bea: User, visit: MakeVisit) -> None:
    def look(link: str) -> None:
        for path in ("/settings/email/", f"/email-change/{link}/"):
            person.go(path)
            person.check_both_ways()

    person, now = visit(bea, **PHONE), timezone.now()
    look("unknown")
    asked = email_changes.ask(NEW, by=bea, now=now)
    look(asked.secret)
    agreed = email_changes.agree(asked.secret, now=now)
    look(asked.secret)
    look(agreed.secret)
    email_changes.complete(agreed.secret, now=now)
    look(agreed.secret)
    person.go("/settings/account/")
    person.check_both_ways()


@pytest.mark.rule("ACC-06")
def test_both_letters_are_answered_without_javascript_where_nobody_is_logged_in(bea: User, visit: MakeVisit) -> None:
    owner = visit(bea, java_script_enabled=False)
    owner.go("/settings/account/")
    owner.page.get_by_role("link", name="Change the e-mail").click()
    owner.page.get_by_label("New e-mail").fill(NEW)
    owner.page.get_by_role("button", name="Change the e-mail").click()
    expect(owner.page.get_by_role("heading", name="A change is under way")).to_be_visible()
    owner.page.get_by_role("button", name="Cancel the change").click()
    expect(owner.page.get_by_role("heading", name="A change is under way")).to_have_count(0)

    asked = email_changes.ask(NEW, by=bea, now=timezone.now())
    phone = visit(None, java_script_enabled=False, **PHONE)
    phone.go(f"/email-change/{asked.secret}/")
    phone.page.get_by_role("button", name="Yes, change it").click()
    expect(phone.page.get_by_role("heading", name="You agreed to the change")).to_be_visible()
    again = email_changes.send_again(by=bea, now=timezone.now() + timedelta(minutes=5))
    phone.go(f"/email-change/{again.secret}/")
    phone.page.get_by_role("button", name="Yes, use this address").click()
    expect(phone.page.get_by_role("heading", name="The address is changed")).to_be_visible()
    bea.refresh_from_db()
    assert bea.email == NEW


@pytest.mark.rule("ACC-07")
def test_the_login_is_changed_with_a_word_while_typing(bea: User, sam: User, visit: MakeVisit) -> None:
    owner = visit(bea, **PHONE)
    owner.go("/settings/login/")
    owner.check_both_ways()
    owner.page.get_by_label("New login").fill("Sam")
    expect(owner.page.get_by_text("This login is taken.")).to_be_visible()
    owner.page.get_by_label("New login").fill("bea_b")
    expect(owner.page.get_by_text("“bea_b” is free.")).to_be_visible()
    owner.page.get_by_label("I know that I can do this once").check()
    owner.page.get_by_role("button", name="Change the login for good").click()
    expect(owner.page.get_by_role("heading", name="Your login was changed")).to_be_visible()
    owner.check_both_ways()
    owner.go("/users/bea/")
    expect(owner.page).to_have_url(f"{owner.address}/users/bea_b/")
