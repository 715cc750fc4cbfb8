"""ACC-06: the present address agrees to a change, then the new one is confirmed."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import is_mfa_enabled
from django.core import mail
from django.test import Client
from structlog.testing import capture_logs

from accounts import rules
from accounts.models import ChangeStatus, EmailChange, User
from accounts.steps import email_changes, joining
from core import clock
from core.models import Event
from core.refusals import Invalid, OutOfTurn, Refusal
from tests.accounts.changes import address_of, asked, letters, link
from tests.accounts.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.rule("ACC-06")]

OLD, NEW = "olga@example.org", "new@example.org"
MAY_IT = "May your e-mail address be changed?"
CONFIRM = "Please confirm your new e-mail address"
CHANGED = "The e-mail address of your account was changed"
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def no_letters_yet(as_olga: Client) -> None:
    """Nor a word on the next page about having logged in."""
    as_olga.get("/settings/")
    mail.outbox.clear()


def _kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_the_old_address_is_asked_before_the_new_one_gets_a_letter(as_olga: Client, olga: User, phone: Client) -> None:
    page = asked(as_olga)
    assert letters() == [(OLD, MAY_IT)]
    assert "A change is under way" in page
    assert "A letter went to <strong>olga@example.org</strong>." in page
    assert NEW in str(mail.outbox[-1].body)
    phone.post(link())
    assert letters() == [(OLD, MAY_IT), (NEW, CONFIRM)]
    assert address_of(olga) == (OLD, OLD)


def test_confirmed_at_both_addresses_it_is_the_accounts_only_one(as_olga: Client, olga: User, phone: Client) -> None:
    asked(as_olga, " New@Example.org ")
    phone.post(link())
    phone.post(link())
    assert address_of(olga) == (NEW, NEW)
    assert list(EmailAddress.objects.filter(user=olga).values_list("email", "primary", "verified")) == [
        (NEW, True, True)
    ]
    assert letters()[2:] == [(OLD, CHANGED)]
    assert f"from {OLD} to {NEW}" in str(mail.outbox[-1].body)
    assert olga.email_changed_at is not None
    assert _kinds() == ["account.email_change_asked", "account.email_change_agreed", "account.email_changed"]
    assert "new@example.org" in as_olga.get("/settings/account/").content.decode()


def test_opening_a_link_changes_nothing(as_olga: Client, olga: User, phone: Client) -> None:
    asked(as_olga)
    assert "Change the e-mail address?" in phone.get(link()).content.decode()
    phone.head(link())
    assert (EmailChange.objects.get().status, len(mail.outbox)) == (ChangeStatus.ASKED, 1)
    phone.post(link())
    assert "Is this your address?" in phone.get(link()).content.decode()
    assert EmailChange.objects.get().status == ChangeStatus.AGREED
    assert address_of(olga) == (OLD, OLD)


def test_buttons_pressed_twice_do_it_once(as_olga: Client, olga: User, phone: Client) -> None:
    asked(as_olga)
    first = link()
    phone.post(first)
    page = phone.post(first, follow=True).content.decode()
    assert "You have agreed to this change already." in page
    assert "You agreed to the change" in page
    second = link()
    phone.post(second)
    page = phone.post(second, follow=True).content.decode()
    assert "The address is changed already." in page
    assert "The address is changed already." in phone.post(first, follow=True).content.decode()
    assert len(mail.outbox) == 3
    assert _kinds().count("account.email_changed") == 1
    assert address_of(olga) == (NEW, NEW)


def test_the_old_address_can_say_no(as_olga: Client, olga: User, phone: Client) -> None:
    asked(as_olga)
    page = phone.post(link(), {"keep": "1"}, follow=True).content.decode()
    assert "This change was canceled" in page
    phone.post(link())
    assert len(mail.outbox) == 1
    assert address_of(olga) == (OLD, OLD)


def test_the_old_address_can_take_its_yes_back(as_olga: Client, olga: User, phone: Client) -> None:
    asked(as_olga)
    first = link()
    phone.post(first)
    assert "Keep the present address after all" in phone.get(first).content.decode()
    phone.post(first, {"keep": "1"})
    phone.post(link())
    assert address_of(olga) == (OLD, OLD)


def test_the_new_address_cannot_keep_the_old_one(as_olga: Client, phone: Client) -> None:
    asked(as_olga)
    phone.post(link())
    page = phone.post(link(), {"keep": "1"}, follow=True).content.decode()
    assert "Only the account&#x27;s present address can be kept from here." in page
    assert EmailChange.objects.get().status == ChangeStatus.AGREED


def test_a_canceled_change_leaves_dead_links(as_olga: Client, olga: User, phone: Client) -> None:
    asked(as_olga)
    first = link()
    phone.post(first)
    second = link()
    page = as_olga.post("/settings/email/cancel/", follow=True).content.decode()
    assert "The change is canceled." in page
    assert "A change is under way" not in page
    for dead in (first, second):
        page = phone.post(dead, follow=True).content.decode()
        assert "This change was canceled. The account keeps its address." in page
    assert address_of(olga) == (OLD, OLD)
    assert (
        "No change of the e-mail address is under way."
        in as_olga.post("/settings/email/cancel/", follow=True).content.decode()
    )


def test_a_new_change_takes_the_place_of_the_one_under_way(as_olga: Client, olga: User, phone: Client) -> None:
    asked(as_olga)
    first = link()
    asked(as_olga, "newer@example.org")
    assert list(EmailChange.objects.order_by("pk").values_list("status", flat=True)) == ["canceled", "asked"]
    phone.post(first)
    assert len(mail.outbox) == 2
    phone.post(link())
    phone.post(link())
    assert address_of(olga) == ("newer@example.org", "newer@example.org")


def test_the_links_run_out(olga: User, now: datetime) -> None:
    first = email_changes.ask(NEW, by=olga, now=now)
    end = now + rules.EMAIL_LINK
    with pytest.raises(OutOfTurn, match="has run out"):
        email_changes.agree(first.secret, now=end)
    second = email_changes.agree(first.secret, now=end - SECOND)
    assert second.change.expires_at == end - SECOND + rules.EMAIL_LINK
    with pytest.raises(OutOfTurn, match="has run out"):
        email_changes.complete(second.secret, now=second.change.expires_at)
    assert address_of(olga) == (OLD, OLD)
    with pytest.raises(OutOfTurn, match="has run out"):
        email_changes.send_again(by=olga, now=second.change.expires_at)
    assert email_changes.ask(NEW, by=olga, now=second.change.expires_at).change.status == ChangeStatus.ASKED


def test_pages_say_that_the_time_ran_out(as_olga: Client, phone: Client) -> None:
    asked(as_olga)
    EmailChange.objects.update(expires_at=clock.now())
    assert "This link came too late" in phone.get(link()).content.decode()
    page = as_olga.get("/settings/email/").content.decode()
    assert "The last change ran out of time" in page
    assert "Changing to" not in as_olga.get("/settings/account/").content.decode()


@pytest.mark.parametrize("secret", ["nonsense", "x" * 43, "é"])
def test_a_forged_link_is_no_link(as_olga: Client, olga: User, phone: Client, secret: str) -> None:
    asked(as_olga)
    page = phone.get(f"/email-change/{secret}/")
    assert page.status_code == 404
    assert "This link no longer works" in page.content.decode()
    assert "This link no longer works." in phone.post(f"/email-change/{secret}/", follow=True).content.decode()
    assert EmailChange.objects.get().status == ChangeStatus.ASKED


def test_the_secrets_stand_nowhere_but_in_the_letters(as_olga: Client, phone: Client) -> None:
    with capture_logs() as logs:
        asked(as_olga)
        first = link()
        phone.post(first)
        phone.get(link())
    stored = str(EmailChange.objects.values().get()) + str(list(Event.objects.values())) + str(logs)
    assert "/email-change/<str:secret>/" in stored
    for address in (first, link()):
        secret = address.split("/")[2]
        assert len(secret) >= 43
        assert secret not in stored


def test_what_is_stored_is_no_link(as_olga: Client, olga: User, phone: Client) -> None:
    asked(as_olga)
    assert phone.get(f"/email-change/{EmailChange.objects.get().old_key}/").status_code == 404


def test_the_link_of_the_old_address_does_not_confirm_the_new_one(olga: User, now: datetime) -> None:
    first = email_changes.ask(NEW, by=olga, now=now)
    with pytest.raises(OutOfTurn, match="has to agree first"):
        email_changes.complete(first.secret, now=now)
    email_changes.agree(first.secret, now=now)
    with pytest.raises(OutOfTurn):
        email_changes.complete(first.secret, now=now)
    assert address_of(olga) == (OLD, OLD)


def test_a_link_changes_the_account_it_was_made_for_whoever_follows_it(
    as_olga: Client, olga: User, sten: User, phone: Client
) -> None:
    asked(as_olga)
    phone.force_login(sten)
    assert "<strong>olga</strong>" in phone.get(link()).content.decode()
    phone.post(link())
    phone.post(link())
    assert address_of(olga) == (NEW, NEW)
    assert address_of(sten)[0] == "sten@example.org"


def test_the_links_of_a_closed_account_are_dead(as_olga: Client, olga: User, phone: Client) -> None:
    asked(as_olga)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    phone.post(link())
    assert EmailChange.objects.get().status == ChangeStatus.ASKED


@pytest.mark.parametrize("same", [OLD, "Olga@Example.org", "olga+kworks@example.org"])
def test_the_accounts_own_mailbox_is_no_change(as_olga: Client, same: str) -> None:
    assert "This is the mailbox that your account has already." in asked(as_olga, same)
    assert (EmailChange.objects.count(), len(mail.outbox)) == (0, 0)


def test_what_is_no_address_is_refused_by_the_form(as_olga: Client) -> None:
    assert "email" in as_olga.post("/settings/email/", {"email": "new at example"}).context["form"].errors
    assert mail.outbox == []


def test_an_address_of_another_account_looks_like_a_free_one(as_olga: Client, bea: User, phone: Client) -> None:
    seen = []
    for email in ("free@example.org", bea.email):
        begun = asked(as_olga, email)
        answer = phone.post(link(), follow=True).content.decode()
        told = as_olga.get("/settings/email/").content.decode()
        seen.append([_without_secrets(text, email) for text in (begun, answer, told)])
        as_olga.post("/settings/email/cancel/", follow=True)
    assert seen[0] == seen[1]
    assert letters()[-1] == (bea.email, "You have an account already")
    assert "/email-change/" not in str(mail.outbox[-1].body)


def _without_secrets(page: str, email: str) -> str:
    """The words of the page's middle, without what differs from visit to visit."""
    lines = page.split("<main")[1].split("</main")[0].replace(email, "…").splitlines()
    return "\n".join(line for line in lines if not any(word in line for word in ("csrf", "datetime", "/email-change/")))


def test_a_mailbox_taken_between_letter_and_link_is_refused_with_a_sentence(
    as_olga: Client, olga: User, bea: User, phone: Client
) -> None:
    asked(as_olga)
    phone.post(link())
    joining.hold_email(bea, NEW)
    page = phone.post(link(), follow=True).content.decode()
    assert "This e-mail address belongs to another account." in page
    assert address_of(olga) == (OLD, OLD)
    assert EmailAddress.objects.get(user=olga).email == OLD
    assert olga.email_changed_at is None


def test_an_address_that_was_given_up_is_free_for_others(olga: User, bea: User, now: datetime) -> None:
    second = email_changes.agree(email_changes.ask(NEW, by=olga, now=now).secret, now=now)
    email_changes.complete(second.secret, now=now)
    joining.hold_email(bea, OLD)
    with pytest.raises(Invalid, match="another account"):
        joining.hold_email(bea, NEW)


def test_the_letter_can_be_sent_again_and_only_the_last_one_works(as_olga: Client, phone: Client) -> None:
    asked(as_olga)
    first = link()
    page = as_olga.post("/settings/email/again/", follow=True).content.decode()
    assert "A letter went to olga@example.org less than 3 minutes ago." in page
    assert "less than 3 minutes ago" in asked(as_olga)
    assert len(mail.outbox) == 1
    EmailChange.objects.update(sent_at=clock.now() - rules.EMAIL_LETTER_AGAIN)
    page = as_olga.post("/settings/email/again/", follow=True).content.decode()
    assert "A new letter went to olga@example.org" in page
    assert phone.get(first).status_code == 404
    phone.post(link())
    assert letters()[-1] == (NEW, CONFIRM)


def test_letters_are_limited(as_olga: Client) -> None:
    for number in range(rules.EMAIL_CHANGE_LIMIT.most + 1):
        page = asked(as_olga, f"new{number}@example.org")
    assert "Please wait a little, then try again." in page
    assert len(mail.outbox) == rules.EMAIL_CHANGE_LIMIT.most


def test_asking_for_a_change_asks_again_who_one_is_and_goes_on_from_there(olga: User) -> None:
    client = Client()
    client.force_login(olga)
    answer = client.post("/settings/email/", {"email": NEW})
    assert answer["Location"] == "/reauthenticate/?next=%2Fsettings%2Femail%2F"
    assert (EmailChange.objects.count(), mail.outbox) == (0, [])
    client.post("/reauthenticate/", {"password": PASSWORD, "next": "/settings/email/"})
    assert letters() == [(OLD, MAY_IT)]


def test_a_second_step_of_logging_in_is_no_hindrance(as_olga: Client, olga: User, phone: Client) -> None:
    secret = as_olga.get("/2fa/totp/activate/").context["form"].secret
    code = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    as_olga.post("/2fa/totp/activate/", {"code": code})
    mail.outbox.clear()
    asked(as_olga)
    phone.post(link())
    phone.post(link())
    assert address_of(olga) == (NEW, NEW)
    assert is_mfa_enabled(olga)


def test_the_page_that_asks_nobody_leads_here_and_does_nothing(as_olga: Client, olga: User) -> None:
    for fields in ({"action_add": "1", "email": NEW}, {"action_primary": "1", "email": OLD}, {"action_remove": "1"}):
        assert as_olga.post("/email/", fields)["Location"] == "/settings/email/"
    assert as_olga.get("/email/")["Location"] == "/settings/email/"
    assert mail.outbox == []
    assert EmailAddress.objects.get(user=olga).email == OLD


def test_the_way_stands_on_the_settings_page(as_olga: Client, phone: Client) -> None:
    page = as_olga.get("/settings/email/").content.decode()
    assert "Each link works for 3 days." in page
    assert "payout details cannot be changed for 7 days" in page
    asked(as_olga)
    page = as_olga.get("/settings/account/").content.decode()
    assert "Changing to" in page
    assert "Waits for the present address" in page
    phone.post(link())
    assert "Waits for the new address" in as_olga.get("/settings/account/").content.decode()
    page = as_olga.get("/settings/email/").content.decode()
    assert "The change lapses, and your account keeps its present address." in page


def test_letters_are_written_in_text_and_html(as_olga: Client, phone: Client) -> None:
    asked(as_olga)
    phone.post(link())
    for place, button in ((0, "Look at the change"), (1, "Confirm the address")):
        html = str(mail.outbox[place].alternatives[0][0])  # type: ignore[union-attr]
        assert link(place) in html
        assert button in html
        assert "account “olga” at Workhall" in str(mail.outbox[place].body)
    assert "The link works for 3 days." in str(mail.outbox[0].body)
    assert OLD not in str(mail.outbox[1].body)


def test_nothing_moves_when_a_change_is_refused(olga: User, sten: User, now: datetime) -> None:
    email_changes.ask(NEW, by=olga, now=now)
    before = EmailChange.objects.values().get()
    for refused in (
        lambda: email_changes.ask(NEW, by=olga, now=now),
        lambda: email_changes.send_again(by=olga, now=now),
        lambda: email_changes.send_again(by=sten, now=now),
        lambda: email_changes.cancel(by=sten, now=now),
        lambda: email_changes.decline("forged", now=now),
    ):
        with pytest.raises(Refusal):
            refused()
    assert EmailChange.objects.values().get() == before
    assert _kinds() == ["account.email_change_asked"]
