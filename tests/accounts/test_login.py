"""ACC-02, ACC-14: logging in, and what it does not give away."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.hashers import get_hasher
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from marketplace import settings as real_settings
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("known_as", ["nora", "NORA", "nora@example.org", "Nora@Example.org"])
def test_both_names_let_one_in(client: Client, nora: User, known_as: str) -> None:
    client.post("/login/", {"login": known_as, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(nora.pk)


def test_wrong_passwords_and_unknown_people_look_the_same(client: Client, nora: User) -> None:
    def page(login: str) -> str:
        text = client.post("/login/", {"login": login, "password": "wrong"}).content.decode()
        return re.sub(r'(nonce|value|content)="[^"]*"|<time.*?</time>', "", text)

    assert page("nora") == page("nobody-here")
    assert page("nora@example.org") == page("nobody@example.org")


def test_reset_tells_nobody_which_addresses_have_an_account(client: Client, nora: User) -> None:
    known = client.post("/password/reset/", {"email": "nora@example.org"})
    unknown = client.post("/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert "/password/reset/key/" in str(mail.outbox[0].body)
    assert "no account has it" in str(mail.outbox[1].body)


@pytest.mark.rule("ACC-14")
def test_a_forgotten_password_is_replaced(client: Client, nora: User) -> None:
    client.post("/password/reset/", {"email": "nora@example.org"})
    found = re.search(r"http://[^/]+(/password/reset/key/\S+/)", str(mail.outbox[0].body))
    assert found
    form = client.get(found[1], follow=True)
    assert "Choose a new password" in form.content.decode()
    client.post(form.redirect_chain[-1][0], {"password1": "Another-lantern-7", "password2": "Another-lantern-7"})
    nora.refresh_from_db()
    assert nora.check_password("Another-lantern-7")
    used = client.get(found[1], follow=True)
    assert "This link no longer works" in used.content.decode()


def test_guessing_is_slowed_down_with_a_page_that_helps(client: Client, nora: User) -> None:
    answers = [client.post("/login/", {"login": "nora", "password": f"guess-{n}"}) for n in range(21)]
    assert "Too many attempts to log in failed." in answers[6].content.decode()
    assert answers[-1].status_code == 429
    page = answers[-1].content.decode()
    assert "That was too often in a short time" in page
    assert "/password/reset/" in page


def test_even_the_right_password_waits_after_too_many_wrong_ones(client: Client, nora: User) -> None:
    for n in range(6):
        client.post("/login/", {"login": "nora", "password": f"guess-{n}"})
    client.post("/login/", {"login": "nora", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_closed_accounts_stay_out(client: Client, nora: User) -> None:
    User.objects.filter(pk=nora.pk).update(is_active=False)
    answer = client.post("/login/", {"login": "nora", "password": PASSWORD}, follow=True)
    assert "This account is closed" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_way_after_logging_in_stays_on_the_site(client: Client, nora: User) -> None:
    answer = client.post("/login/?next=https://evil.example/", {"login": "nora", "password": PASSWORD})
    assert answer["Location"] == "/"


def test_passwords_are_kept_with_argon2(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    assert get_hasher().algorithm == "argon2"


@pytest.mark.parametrize(
    "address",
    ["/login/", "/signup/", "/password/reset/", "/password/reset/done/", "/password/reset/key/done/", "/confirm-email/",
     "/inactive/", "/3rdparty/login/cancelled/", "/3rdparty/login/error/"],
)  # fmt: skip
def test_every_page_before_logging_in_is_one_of_the_site(client: Client, address: str) -> None:
    page = client.get(address)
    assert page.status_code in {200, 401}
    assert 'class="site-header"' in page.content.decode()
    assert page.content.decode().count("<h1") == 1


@pytest.mark.rule("ACC-02")
def test_without_keys_no_other_site_is_offered(client: Client) -> None:
    for address in ("/login/", "/signup/"):
        page = client.get(address).content.decode()
        assert "Facebook" not in page
        assert "Google" not in page
    assert client.get("/facebook/login/").status_code == 404
    assert client.post("/google/login/").status_code == 404


@pytest.mark.rule("ACC-02")
def test_with_keys_each_site_has_its_button(client: Client, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {
        "facebook": {"APPS": [{"client_id": "id", "secret": "secret"}]},
        "google": {"APPS": []},
    }
    page = client.get("/signup/").content.decode()
    assert "Continue with Facebook" in page
    assert "Google" not in page
    answer = client.post("/facebook/login/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("https://www.facebook.com/")
