"""ACC-01, ACC-02, ACC-04: signing up."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.test import Client
from structlog.testing import capture_logs

from accounts.forms import SignupForm
from accounts.models import Acceptance, Agreement, User
from accounts.steps import joining
from core import clock
from core.refusals import Invalid
from tests.accounts.conftest import PASSWORD
from tests.accounts.newcomer import typed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreements")]


@pytest.mark.rule("ACC-02")
def test_a_newcomer_signs_up_and_is_logged_in(client: Client) -> None:
    answer = client.post("/signup/", typed())
    assert (answer.status_code, answer["Location"]) == (302, "/")
    user = User.objects.get(login="nina")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert (user.email, user.time_zone) == ("nina@example.org", "Europe/Berlin")
    assert not EmailAddress.objects.get(user=user).verified


@pytest.mark.rule("ACC-02")
def test_a_mail_server_that_is_down_keeps_nobody_from_signing_up(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_mail: EmailMultiAlternatives, fail_silently: bool = False) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken, capture_logs() as lines:
        broken.setattr(EmailMultiAlternatives, "send", refuse)
        assert client.post("/signup/", typed()).status_code == 302
    assert User.objects.filter(login="nina").exists()
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["account letter not sent"]


@pytest.mark.rule("ACC-01")
def test_what_was_agreed_to_is_kept_with_version_and_moment(client: Client, agreements: list[Agreement]) -> None:
    before = clock.now()
    client.post("/signup/", typed())
    kept = Acceptance.objects.filter(user__login="nina")
    assert {acceptance.agreement for acceptance in kept} == set(agreements)
    assert all(acceptance.adult and before <= acceptance.at <= clock.now() for acceptance in kept)


@pytest.mark.rule("ACC-01")
@pytest.mark.parametrize("left_out", ["adult", "terms"])
def test_without_the_confirmations_nobody_is_signed_up(client: Client, left_out: str) -> None:
    answer = client.post("/signup/", typed(**{left_out: ""}))
    assert left_out in answer.context["form"].errors
    assert 'value="nina@example.org"' in answer.content.decode()
    assert not User.objects.filter(login="nina").exists()


@pytest.mark.rule("ACC-01")
def test_terms_that_changed_meanwhile_are_asked_for_again(client: Client, now: datetime) -> None:
    form = typed()
    Agreement.objects.create(
        slug="user-agreement", version="2", title="User agreement", text="New.", published_at=now + timedelta(days=900)
    )
    answer = client.post("/signup/", form)
    assert "The terms have changed since this page was opened." in answer.content.decode()
    assert "/agreements/user-agreement/2/" in answer.content.decode()
    assert not User.objects.filter(login="nina").exists()
    assert client.post("/signup/", typed()).status_code == 302


@pytest.mark.rule("ACC-01")
def test_everyone_can_read_the_terms(client: Client) -> None:
    page = client.get("/agreements/user-agreement/1/")
    assert page.status_code == 200
    assert client.get("/agreements/user-agreement/")["Location"] == "/agreements/user-agreement/1/"
    assert client.get("/agreements/nothing/").status_code == client.get("/agreements/privacy/9/").status_code == 404


@pytest.mark.rule("ACC-04")
@pytest.mark.parametrize(
    ("login", "sentence"),
    [
        ("admin", "reserved for the site itself"),
        ("555-123-4567", "phone number"),
        ("STEN", "This login is taken"),
        ("fu_ck", "take badly"),
        ("no", "at least 3"),
    ],
)
def test_the_page_says_why_a_login_is_refused_and_keeps_the_rest(
    client: Client, sten: User, login: str, sentence: str
) -> None:
    page = client.post("/signup/", typed(username=login)).content.decode()
    assert sentence in page
    assert f'value="{login}"' in page
    assert 'value="nina@example.org"' in page
    assert not User.objects.filter(email="nina@example.org").exists()


@pytest.mark.rule("ACC-04")
def test_a_double_press_is_told_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.post("/signup/", typed())
    client.logout()
    # Both requests checked the login before either was written.
    monkeypatch.setattr("accounts.logins.check", lambda *_args, **_kwargs: None)
    answer = client.post("/signup/", typed(), follow=True)
    assert "This login was taken a moment ago." in answer.content.decode()
    assert User.objects.filter(login__iexact="nina").count() == 1


def test_weak_passwords_are_refused(client: Client) -> None:
    for weak in ("short", "password123", "4829104829"):
        assert "password1" in client.post("/signup/", typed(password1=weak)).context["form"].errors


@pytest.mark.rule("ACC-02")
def test_sign_up_tells_nobody_which_addresses_have_an_account(client: Client, olga: User) -> None:
    unknown = client.post("/signup/", typed())
    client.logout()
    known = client.post("/signup/", typed(username="nadia", email="Olga@example.org"))
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [letter.to for letter in mail.outbox] == [["nina@example.org"], ["olga@example.org"]]
    assert "belongs to an account already" in mail.outbox[1].body
    assert not EmailAddress.objects.get(user__login="nadia").verified


@pytest.mark.rule("ACC-02")
def test_the_verb_of_signing_up_refuses_the_same(olga: User, agreements: list[Agreement], now: datetime) -> None:
    with pytest.raises(Invalid, match="taken"):
        joining.register("OLGA", "new@example.org", PASSWORD, agreements=agreements, confirmed=False, now=now)
    with pytest.raises(Invalid, match="belongs to another account"):
        joining.register("nadia", "Olga+x@example.org", PASSWORD, agreements=agreements, confirmed=True, now=now)
    assert not User.objects.filter(login="nadia").exists()


def test_the_form_offers_no_zone_that_does_not_exist() -> None:
    form = SignupForm(data=typed(time_zone="Mars/Olympus"))
    assert form.is_valid()
    assert form.cleaned_data["time_zone"] == "UTC"


@pytest.mark.rule("ACC-02")
def test_what_is_wrong_with_the_hidden_zone_is_said() -> None:
    form = SignupForm(data=typed(time_zone="\0"))
    assert "time_zone" in form.errors
    assert "sends by itself was not understood" in render_to_string("accounts/newcomer_fields.html", {"form": form})
