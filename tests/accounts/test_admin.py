"""What staff can do with accounts in the admin."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts import queries
from accounts.models import Acceptance, Agreement, User
from accounts.steps import email_changes, login_changes

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


def _form_of(client: Client, user: User) -> dict[str, object]:
    """What the user's page would send back as it is."""
    form = client.get(f"/admin/accounts/user/{user.pk}/change/").context["adminform"].form
    sent: dict[str, object] = {
        name: form[name].value() or "" for name in form.fields if form[name].value() is not False
    }
    for prefix in ("email_changes", "former_login", "acceptances"):
        sent |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return sent


def _rights(user: User) -> tuple[bool, bool, int, int]:
    user = User.objects.get(pk=user.pk)
    return user.is_staff, user.is_superuser, user.groups.count(), user.user_permissions.count()


def test_superusers_alone_give_rights_by_group_and_in_person(client: Client, mo: User, nora: User, olga: User) -> None:
    group, right = Group.objects.create(name="Desk"), Permission.objects.get(codename="change_batch")
    change = Permission.objects.get(codename="change_user")
    page = f"/admin/accounts/user/{nora.pk}/change/"
    forged = {"is_staff": "on", "is_superuser": "on", "groups": [group.pk], "user_permissions": [right.pk]}
    User.objects.filter(pk=olga.pk).update(is_staff=True)
    olga.user_permissions.add(change)

    client.force_login(olga)
    for user in (nora, olga):
        before = _rights(user)
        sent = _form_of(client, user) | {"headline": "Paints"} | forged
        assert not set(forged) & set(client.get(page).context["adminform"].form.fields)
        assert client.post(f"/admin/accounts/user/{user.pk}/change/", sent).status_code == 302
        assert User.objects.get(pk=user.pk).headline == "Paints"
        assert _rights(user) == before

    olga.user_permissions.add(*Permission.objects.filter(codename__endswith="_group"))
    address = f"/admin/auth/group/{group.pk}/"
    for where in (f"{address}change/", f"{address}delete/", "/admin/auth/group/add/"):
        assert client.post(where, {"name": "Mine", "permissions": [right.pk], "post": "yes"}).status_code == 403
    assert client.get(f"{address}change/").status_code == 200
    assert [(each.name, each.permissions.count()) for each in Group.objects.all()] == [("Desk", 0)]

    client.force_login(mo)
    assert client.post(f"{address}change/", {"name": "Desk", "permissions": [right.pk]}).status_code == 302
    assert 'name="user_permissions"' in client.get(page).content.decode()
    assert client.post(page, _form_of(client, nora) | forged).status_code == 302
    assert _rights(nora) == (True, True, 1, 1)


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


@pytest.mark.rule("ACC-06")
@pytest.mark.rule("ACC-07")
def test_moderators_read_what_was_changed_and_find_people_by_their_former_login(
    client: Client, mo: User, olga: User, now: datetime
) -> None:
    asked = email_changes.ask("new@example.org", by=olga, now=now)
    login_changes.change_login("brushwood", by=olga, now=now)
    client.force_login(mo)
    assert "brushwood" in client.get("/admin/accounts/user/", {"q": "olga"}).content.decode()
    page = client.get(f"/admin/accounts/user/{olga.pk}/change/").content.decode()
    assert "new@example.org" in page
    assert "brushwood" in page
    assert queries.hashed(asked.secret) not in page
    assert 'name="email_changes-0-status"' not in page
