"""What staff can do with accounts in the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Acceptance, Agreement, User

pytestmark = pytest.mark.django_db


def test_staff_log_in_by_the_sites_own_page(client: Client) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/login/")


def test_the_admins_own_login_page_is_closed_to_others(as_nora: Client) -> None:
    assert as_nora.get("/admin/login/").status_code in {302, 403}


def test_moderators_find_people_but_change_little(client: Client, mo: User, nora: User) -> None:
    client.force_login(mo)
    assert "nora" in client.get("/admin/accounts/user/", {"q": "nora@example"}).content.decode()
    page = client.get(f"/admin/accounts/user/{nora.pk}/change/").content.decode()
    assert 'name="about"' in page
    assert 'name="login"' not in page
    assert 'name="password"' not in page
    assert client.get("/admin/accounts/user/add/").status_code == 403
    assert client.post(f"/admin/accounts/user/{nora.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.rule("ACC-01")
def test_what_was_agreed_to_is_for_reading_only(client: Client, mo: User, nora: User) -> None:
    client.force_login(mo)
    text, kept = Agreement.objects.first(), Acceptance.objects.first()
    assert text
    assert kept
    assert client.get("/admin/accounts/acceptance/").status_code == 200
    assert "readonly" in client.get(f"/admin/accounts/agreement/{text.pk}/change/").content.decode()
    assert client.post(f"/admin/accounts/agreement/{text.pk}/change/", {"text": "x"}).status_code == 403
    assert client.post(f"/admin/accounts/acceptance/{kept.pk}/change/", {}).status_code == 403
