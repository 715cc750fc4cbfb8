"""ACC-06: a mistyped address at sign-up can be mended: it was never confirmed, so there is nobody to ask."""

from __future__ import annotations

from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts import queries
from accounts.models import User
from accounts.steps import email_changes
from core.refusals import OutOfTurn
from tests.accounts.changes import address_of, asked, letters, link
from tests.accounts.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.rule("ACC-06")]

NEW = "new@example.org"
CONFIRM = "Please confirm your new e-mail address"


@pytest.fixture
def as_nora(client: Client, nora: User) -> Client:
    """Asked for the password a moment ago."""
    client.post("/login/", {"login": "nora", "password": PASSWORD})
    client.post("/reauthenticate/", {"password": PASSWORD})
    mail.outbox.clear()
    return client


def test_the_new_address_is_asked_at_once(as_nora: Client, nora: User, phone: Client) -> None:
    assert "was never confirmed, so it is not asked" in as_nora.get("/settings/email/").content.decode()
    page = asked(as_nora)
    assert "Not asked: it was never confirmed" in page
    assert letters() == [(NEW, CONFIRM)]
    phone.post(link())
    assert address_of(nora) == (NEW, NEW)
    assert queries.has_confirmed_email(nora)
    assert len(mail.outbox) == 1, "the mistyped address may be a stranger's"


def test_the_letter_of_the_sign_up_is_dead_then(as_nora: Client, nora: User, phone: Client) -> None:
    as_nora.post("/settings/account/confirm/")
    dead = str(mail.outbox[-1].body).partition("/confirm-email/")[2].split("/")[0]
    asked(as_nora)
    phone.post(link())
    phone.post(f"/confirm-email/{dead}/")
    assert address_of(nora) == (NEW, NEW)


def test_an_address_confirmed_meanwhile_has_to_be_asked(nora: User, now: datetime) -> None:
    letter = email_changes.ask(NEW, by=nora, now=now)
    EmailAddress.objects.filter(user=nora).update(verified=True)
    with pytest.raises(OutOfTurn, match="confirmed meanwhile"):
        email_changes.complete(letter.secret, now=now)
    assert address_of(nora) == ("nora@example.org", None)


def test_the_same_address_is_no_change(as_nora: Client) -> None:
    assert "This is the mailbox that your account has already." in asked(as_nora, "nora@example.org")


def test_the_page_that_asks_to_confirm_leads_there(as_nora: Client) -> None:
    assert "Not your address? Change it." in as_nora.get("/settings/account/").content.decode()
