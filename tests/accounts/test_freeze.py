"""ACC-08, WDR-06, as far as accounts go: for a week after a change of e-mail or login payout details stay as they are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts import queries, rules
from accounts.models import User
from accounts.steps import email_changes, login_changes
from core import clock
from tests.accounts.newcomer import typed
from tests.accounts.test_email import link

pytestmark = [pytest.mark.django_db, pytest.mark.rule("ACC-08"), pytest.mark.rule("WDR-06")]

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
FROZEN = "Payout details cannot be changed for now"


def _change_email(user: User, now: datetime) -> None:
    asked = email_changes.ask("new@example.org", by=user, now=now)
    email_changes.complete(email_changes.agree(asked.secret, now=now).secret, now=now)
    user.refresh_from_db()


def test_a_week_is_a_number_of_the_rules() -> None:
    assert rules.IDENTITY_FREEZE == WEEK


def test_without_a_change_nothing_is_frozen(olga: User, now: datetime) -> None:
    assert queries.identity_changed_at(olga) is None
    assert queries.frozen_until(olga, now) is None


def test_a_changed_e_mail_freezes_for_a_week(olga: User, now: datetime) -> None:
    _change_email(olga, now)
    assert queries.email_changed_at(olga) == now
    assert queries.frozen_until(olga, now) == now + WEEK
    assert queries.frozen_until(olga, now + WEEK - SECOND) == now + WEEK
    assert queries.frozen_until(olga, now + WEEK) is None


def test_a_changed_login_freezes_for_a_week(olga: User, now: datetime) -> None:
    login_changes.change_login("OLGA", by=olga, now=now)
    olga.refresh_from_db()
    assert queries.frozen_until(olga, now) == now + WEEK
    assert queries.email_changed_at(olga) is None


def test_the_later_change_counts(olga: User, now: datetime) -> None:
    login_changes.change_login("olga_b", by=olga, now=now)
    _change_email(olga, now + timedelta(days=3))
    assert queries.identity_changed_at(olga) == now + timedelta(days=3)
    assert queries.frozen_until(olga, now + WEEK) == now + timedelta(days=10)


def test_a_change_that_is_asked_for_freezes_nothing_yet(olga: User, now: datetime) -> None:
    asked = email_changes.ask("new@example.org", by=olga, now=now)
    email_changes.agree(asked.secret, now=now)
    olga.refresh_from_db()
    assert queries.frozen_until(olga, now) is None


def test_confirming_the_address_of_the_sign_up_is_no_change(client: Client, agreements: object) -> None:
    client.post("/signup/", typed())
    client.post(link())
    user = User.objects.get(login="nina")
    assert queries.has_confirmed_email(user)
    assert queries.identity_changed_at(user) is None


@pytest.mark.parametrize("address", ["/settings/account/", "/settings/email/", "/settings/login/"])
def test_the_pages_say_so_and_until_when(as_olga: Client, olga: User, address: str) -> None:
    assert FROZEN not in as_olga.get(address).content.decode()
    login_changes.change_login("olga_b", by=olga, now=clock.now())
    page = as_olga.get(address).content.decode()
    assert FROZEN in page
    olga.refresh_from_db()
    until = queries.frozen_until(olga, clock.now())
    assert until is not None
    assert f'datetime="{until.isoformat()}"' in page
    User.objects.filter(pk=olga.pk).update(login_changed_at=clock.now() - WEEK)
    assert FROZEN not in as_olga.get(address).content.decode()


def test_the_page_says_before_the_change_until_when_it_would_be(as_olga: Client) -> None:
    page = as_olga.get("/settings/login/").content.decode()
    assert "Payout details then cannot be changed for 7 days: if you change the login now, until" in page
