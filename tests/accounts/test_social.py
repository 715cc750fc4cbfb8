"""ACC-02: coming with an account of another site still means choosing a login and confirming the terms."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.models import Acceptance, User
from tests.accounts.newcomer import typed

pytestmark = [pytest.mark.django_db, pytest.mark.rule("ACC-02")]


@pytest.fixture
def from_google(client: Client, settings: Settings, agreements: object) -> Client:
    """Someone whom Google has just sent back, with an address that Google has confirmed."""
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {"APPS": [{"client_id": "id", "secret": "secret"}]}}
    arriving = SocialLogin(
        provider=get_adapter().get_provider(RequestFactory().get("/"), "google"),
        user=User(email="gina@example.org"),
        account=SocialAccount(provider="google", uid="77", extra_data={"name": "Gina"}),
        email_addresses=[EmailAddress(email="gina@example.org", verified=True, primary=True)],
    )
    session = client.session
    session["socialaccount_sociallogin"] = arriving.serialize()
    session.save()
    return client


def test_the_form_asks_for_login_and_confirmations(from_google: Client) -> None:
    page = from_google.get("/3rdparty/signup/").content.decode()
    assert "Finish signing up" in page
    assert 'value="gina@example.org"' in page
    assert 'name="password1"' not in page
    answer = from_google.post("/3rdparty/signup/", typed(email="gina@example.org", username="admin", adult=""))
    assert set(answer.context["form"].errors) == {"username", "adult"}


def test_the_account_is_made_with_its_confirmed_address(from_google: Client) -> None:
    from_google.post("/3rdparty/signup/", typed(email="gina@example.org", username="Gina_G"))
    user = User.objects.get(login="Gina_G")
    assert user.email_key == "gina@example.org"
    assert not user.has_usable_password()
    assert EmailAddress.objects.get(user=user).verified
    assert Acceptance.objects.filter(user=user, adult=True).count() == 2


def test_an_address_of_another_account_stays_unconfirmed(from_google: Client, bea: User) -> None:
    User.objects.filter(pk=bea.pk).update(email_key="gina@example.org")
    from_google.post("/3rdparty/signup/", typed(email="gina@example.org", username="Gina_G"))
    assert not EmailAddress.objects.get(user__login="Gina_G").verified
