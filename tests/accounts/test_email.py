"""ACC-03 (as far as built), ACC-05: confirming an e-mail."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts import emails, queries
from accounts.models import User
from accounts.steps import joining
from core.refusals import Invalid
from tests.accounts.newcomer import typed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreements")]


def link() -> str:
    """The page that the last letter leads to."""
    found = re.search(r"http://\S+?(/confirm-email/\S+/)", str(mail.outbox[-1].body))
    assert found
    return found[1]


@pytest.mark.rule("ACC-05")
def test_the_letter_leads_to_a_confirmed_address(client: Client) -> None:
    client.post("/signup/", typed())
    user = User.objects.get(login="nina")
    assert not queries.has_confirmed_email(user)
    page = client.get(link())
    assert "nina@example.org" in page.content.decode()
    assert not queries.has_confirmed_email(user), "mail programs open links by themselves: opening confirms nothing"
    client.post(link())
    assert queries.has_confirmed_email(user)
    user.refresh_from_db()
    assert user.email_key == "nina@example.org"


@pytest.mark.rule("ACC-05")
def test_the_letter_is_written_in_text_and_html(client: Client) -> None:
    client.post("/signup/", typed())
    letter = mail.outbox[-1]
    assert letter.subject == "Please confirm your e-mail address · Workhall"
    html = str(letter.alternatives[0][0])  # type: ignore[attr-defined]
    assert link() in html
    assert letter.reply_to == ["support@localhost"]
    assert "write to support@localhost" in str(letter.body)
    assert "write to support@localhost" in html
    assert "Confirm the address" in html
    assert "account “nina” at Workhall" in str(letter.body)


@pytest.mark.rule("ACC-05")
def test_the_letter_can_be_sent_again_from_the_account(as_nora: Client) -> None:
    page = as_nora.get("/settings/account/").content.decode()
    assert "Your e-mail is not confirmed yet" in page
    assert "not create kworks" in page
    answer = as_nora.post("/settings/account/confirm/", {"next": "/settings/account/"}, follow=True)
    assert "We sent a letter with a confirmation link to nora@example.org." in answer.content.decode()
    assert [letter.to for letter in mail.outbox] == [["nora@example.org"]]


@pytest.mark.rule("ACC-05")
def test_pressing_twice_sends_one_letter_and_says_so(as_nora: Client) -> None:
    as_nora.post("/settings/account/confirm/")
    answer = as_nora.post("/settings/account/confirm/", follow=True)
    assert answer.status_code == 200
    assert "less than three minutes ago" in answer.content.decode()
    assert len(mail.outbox) == 1


@pytest.mark.rule("ACC-05")
def test_who_has_confirmed_gets_no_further_letter(as_olga: Client) -> None:
    mail.outbox.clear()
    answer = as_olga.post("/settings/account/confirm/", follow=True)
    assert "Your e-mail address is confirmed already." in answer.content.decode()
    assert mail.outbox == []
    assert "not confirmed yet" not in answer.content.decode()


@pytest.mark.rule("ACC-05")
def test_a_stale_link_says_what_to_do(client: Client) -> None:
    page = client.get("/confirm-email/nonsense/")
    assert page.status_code == 200
    assert "This link no longer works" in page.content.decode()


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("Nina@Example.ORG", "nina@example.org"),
        ("nina+kworks@example.org", "nina@example.org"),
        ("n.i.na+1@googlemail.com", "nina@gmail.com"),
        ("n.ina@example.org", "n.ina@example.org"),
        ("+nina@example.org", "+nina@example.org"),
    ],
)
def test_letter_case_and_aliases_are_folded(written: str, mailbox: str) -> None:
    assert emails.folded(written) == mailbox


def test_one_mailbox_confirms_one_account(client: Client, olga: User) -> None:
    client.post("/signup/", typed(email="olga+2@example.org"))
    address = EmailAddress.objects.get(user__login="nina")
    assert "belongs to an account already" in str(mail.outbox[-1].body)
    with pytest.raises(Invalid, match="belongs to another account"):
        joining.hold_email(address.user, address.email)


def test_a_mailbox_taken_between_letter_and_link_is_refused_with_a_sentence(client: Client, olga: User) -> None:
    client.post("/signup/", typed(email="late@example.org"))
    User.objects.filter(pk=olga.pk).update(email_key="late@example.org")
    answer = client.post(link(), follow=True)
    assert "This e-mail address belongs to another account." in answer.content.decode()
    assert not EmailAddress.objects.get(user__login="nina").verified


def test_an_address_that_the_account_no_longer_has_is_confirmed_by_no_old_letter(client: Client) -> None:
    client.post("/signup/", typed())
    User.objects.filter(login="nina").update(email="other@example.org")
    answer = client.post(link(), follow=True)
    assert "The account has another address by now." in answer.content.decode()
    user = User.objects.get(login="nina")
    assert (user.email, user.email_key) == ("other@example.org", None)
    assert not queries.has_confirmed_email(user)
