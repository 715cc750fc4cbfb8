"""ACC-14: time zone, password, second step, sessions."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.models import User
from accounts.templatetags.browsers import browser
from tests.accounts.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.rule("ACC-14")]

PAGES = [
    "/settings/",
    "/settings/account/",
    "/settings/time-zone/",
    "/settings/email/",
    "/settings/login/",
    "/password/change/",
    "/2fa/",
    "/2fa/totp/activate/",
    "/2fa/webauthn/",
    "/2fa/webauthn/add/",
    "/sessions/",
    "/3rdparty/",
]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_of_the_settings_is_one_of_the_site(as_olga: Client, address: str) -> None:
    page = as_olga.get(address)
    assert page.status_code == 200
    text = page.content.decode()
    assert 'class="site-header"' in text
    assert 'class="settings__nav"' in text
    assert text.count("<h1") == 1
    assert 'aria-current="page"' in text


@pytest.mark.parametrize("address", PAGES)
def test_strangers_are_asked_to_log_in(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


@pytest.mark.parametrize("address", PAGES)
def test_scripts_of_the_pages_carry_the_nonce(as_olga: Client, address: str) -> None:
    answer = as_olga.get(address)
    policy = answer["Content-Security-Policy"]
    text = answer.content.decode()
    nonce = text.split('nonce="')[1].split('"')[0]
    assert f"'nonce-{nonce}'" in policy
    scripts = [script for script in text.split("<script")[1:] if "application/json" not in script.split(">")[0]]
    assert all(f'nonce="{nonce}"' in script.split(">")[0] for script in scripts)


def test_the_time_zone_is_chosen_from_those_that_exist(as_nora: Client, nora: User) -> None:
    page = as_nora.post("/settings/time-zone/", {"time_zone": "Asia/Kolkata"}, follow=True).content.decode()
    assert "Your time zone is saved." in page
    assert "IST" in page
    refused = as_nora.post("/settings/time-zone/", {"time_zone": "Mars/Olympus"})
    assert "time_zone" in refused.context["form"].errors
    nora.refresh_from_db()
    assert nora.time_zone == "Asia/Kolkata"


def test_the_password_is_changed_only_with_the_present_one(as_nora: Client, nora: User) -> None:
    new = {"password1": "Another-lantern-7", "password2": "Another-lantern-7"}
    assert "oldpassword" in as_nora.post("/password/change/", {"oldpassword": "wrong", **new}).context["form"].errors
    as_nora.post("/password/change/", {"oldpassword": PASSWORD, **new})
    nora.refresh_from_db()
    assert nora.check_password("Another-lantern-7")


def _code(secret: str) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30)))


def test_the_second_step_is_asked_for_once_set_up(as_olga: Client, olga: User) -> None:
    form = as_olga.get("/2fa/totp/activate/").context["form"]
    codes = as_olga.post("/2fa/totp/activate/", {"code": _code(form.secret)}, follow=True).content.decode()
    assert "10 codes are left." in codes
    assert Authenticator.objects.filter(user=olga).count() == 2
    as_olga.logout()
    second = as_olga.post("/login/", {"login": "olga", "password": PASSWORD}, follow=True)
    assert "Second step" in second.content.decode()
    assert "_auth_user_id" not in as_olga.session
    recovery = Authenticator.objects.get(user=olga, type="recovery_codes").wrap().get_unused_codes()
    as_olga.post("/2fa/authenticate/", {"code": recovery[0]})
    assert as_olga.session["_auth_user_id"] == str(olga.pk)


@pytest.mark.parametrize("address", ["/2fa/recovery-codes/", "/2fa/recovery-codes/generate/", "/2fa/totp/deactivate/"])
def test_the_pages_of_a_second_step_in_use_are_ones_of_the_site(as_olga: Client, address: str) -> None:
    form = as_olga.get("/2fa/totp/activate/").context["form"]
    as_olga.post("/2fa/totp/activate/", {"code": _code(form.secret)})
    text = as_olga.get(address).content.decode()
    assert 'class="settings__nav"' in text
    assert "Make new codes" in as_olga.get("/2fa/").content.decode()


def test_a_second_step_wants_a_confirmed_address(as_nora: Client) -> None:
    page = as_nora.get("/2fa/totp/activate/", follow=True).content.decode()
    assert "Confirm your e-mail address first" in page
    assert "Set up an app" in page


def test_touching_security_asks_again_who_one_is(client: Client, olga: User) -> None:
    client.post("/login/", {"login": "olga", "password": PASSWORD})
    page = client.get("/2fa/totp/activate/", follow=True).content.decode()
    assert "Is it you?" in page


def test_other_sessions_can_be_ended(as_olga: Client, olga: User) -> None:
    other = Client()
    other.post("/login/", {"login": "olga", "password": PASSWORD})
    assert UserSession.objects.filter(user=olga).count() == 2
    assert "This one" in as_olga.get("/sessions/").content.decode()
    page = as_olga.post("/sessions/", follow=True).content.decode()
    assert "All other sessions are logged out." in page
    assert other.get("/settings/").status_code == 302
    assert as_olga.get("/settings/").status_code == 200


def test_a_passkey_login_begins_with_a_challenge(client: Client) -> None:
    assert "Log in with a passkey" in client.get("/login/").content.decode()
    options = client.get("/2fa/webauthn/login/", headers={"accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["challenge"]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("curl/8.9", "curl/8.9"),
        ("", "Unknown browser"),
    ],
)  # fmt: skip
def test_sessions_name_the_browser_in_plain_words(user_agent: str, words: str) -> None:
    assert browser(user_agent) == words
