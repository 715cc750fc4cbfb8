"""ACC-07: a login can be changed once in an account's life; the old one leads to it and is nobody else's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts import logins
from accounts.models import FormerLogin, User
from accounts.steps import login_changes
from core import handing
from core.models import Event
from core.refusals import Invalid, OutOfTurn
from kworks import queries
from tests.accounts.changes import letters
from tests.accounts.conftest import PASSWORD
from tests.accounts.newcomer import typed
from tests.stage import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.rule("ACC-07")]


def _change(client: Client, login: str, **more: str) -> str:
    fields = {"username": login, "sure": "on", **more}
    return client.post("/settings/login/", {k: v for k, v in fields.items() if v}, follow=True).content.decode()


def test_the_login_changes_and_the_old_one_is_kept(as_olga: Client, olga: User) -> None:
    mail.outbox.clear()
    page = _change(as_olga, "Olga_B")
    assert "Your login is now Olga_B." in page
    olga.refresh_from_db()
    assert olga.login == "Olga_B"
    assert olga.login_changed_at is not None
    assert FormerLogin.objects.get(user=olga).login == "olga"
    assert letters() == [("olga@example.org", "The login of your account was changed")]
    assert "from “olga” to “Olga_B”" in str(mail.outbox[0].body)
    assert Event.objects.get(kind="account.login_changed").facts == {"former": "olga", "login": "Olga_B"}


def test_it_changes_once(olga: User, now: datetime) -> None:
    login_changes.change_login("olga_b", by=olga, now=now)
    for again in ("olga_c", "OLGA_B", "olga"):
        with pytest.raises(OutOfTurn, match=r"can be changed once, and yours was changed on Mar 2, 2026\."):
            login_changes.change_login(again, by=olga, now=now + timedelta(days=4000))
    olga.refresh_from_db()
    assert olga.login == "olga_b"
    assert Event.objects.filter(kind="account.login_changed").count() == 1


def test_pressed_twice_it_says_so(as_olga: Client, olga: User) -> None:
    _change(as_olga, "olga_b")
    mail.outbox.clear()
    page = _change(as_olga, "olga_b")
    assert "The login can be changed once" in page
    assert "You changed it from <strong>olga</strong>" in page
    assert mail.outbox == []


def test_another_letter_case_is_a_change_too(olga: User, now: datetime) -> None:
    login_changes.change_login("OLGA", by=olga, now=now)
    assert User.objects.get(pk=olga.pk).login == "OLGA"
    with pytest.raises(OutOfTurn):
        login_changes.change_login("olga", by=olga, now=now)


def test_the_same_login_is_no_change(as_olga: Client, olga: User) -> None:
    assert "This is your login already." in _change(as_olga, "olga")
    assert not FormerLogin.objects.exists()


@pytest.mark.parametrize(
    ("login", "sentence"),
    [
        ("admin", "reserved for the site itself"),
        ("555-123-4567", "phone number"),
        ("ab", "at least 3 characters"),
        ("o" * 31, "at most 30 characters"),
        ("Sten", "This login is taken."),
        ("оlga", "Latin letters"),
    ],
)
def test_the_new_login_follows_the_rules_for_logins(
    as_olga: Client, olga: User, sten: User, login: str, sentence: str
) -> None:
    assert sentence in _change(as_olga, login)
    olga.refresh_from_db()
    assert (olga.login, olga.login_changed_at) == ("olga", None)


def test_it_is_not_done_by_accident(as_olga: Client, olga: User) -> None:
    assert "You can do this once, and never again" in as_olga.get("/settings/login/").content.decode()
    answer = as_olga.post("/settings/login/", {"username": "olga_b"})
    assert "sure" in answer.context["form"].errors
    assert not FormerLogin.objects.exists()


def test_it_asks_again_who_one_is_and_goes_on_from_there(olga: User) -> None:
    client = Client()
    client.force_login(olga)
    answer = client.post("/settings/login/", {"username": "olga_b", "sure": "on"})
    assert answer["Location"].startswith("/reauthenticate/")
    assert not FormerLogin.objects.exists()
    client.post("/reauthenticate/", {"password": PASSWORD, "next": "/settings/login/"})
    assert FormerLogin.objects.get().login == "olga"


@pytest.mark.parametrize("address", ["/users/olga/", "/users/OLGA/"])
def test_old_profile_addresses_lead_to_the_new_one(client: Client, olga: User, now: datetime, address: str) -> None:
    login_changes.change_login("olga_b", by=olga, now=now)
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (301, "/users/olga_b/")
    assert client.get("/users/olga_b/").status_code == 200


@pytest.mark.parametrize("page", ["kworks/", "feedback/", "kworks/?page=2"])
@pytest.mark.parametrize("login", ["olga", "OLGA", "Olga_B"])
def test_the_pages_below_an_old_profile_address_lead_on_with_it(
    client: Client, olga: User, now: datetime, page: str, login: str
) -> None:
    login_changes.change_login("olga_b", by=olga, now=now)
    answer = client.get(f"/users/{login}/{page}")
    assert (answer.status_code, answer["Location"]) == (301, f"/users/olga_b/{page}")
    assert client.get(f"/users/olga_b/{page}").status_code == 200
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert client.get(f"/users/{login}/{page}").status_code == 404


def test_the_old_address_of_a_closed_account_leads_nowhere(client: Client, olga: User, now: datetime) -> None:
    login_changes.change_login("olga_b", by=olga, now=now)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert client.get("/users/olga/").status_code == 404


def test_looking_up_an_old_address_takes_two_queries(
    client: Client, olga: User, now: datetime, django_assert_num_queries: object
) -> None:
    login_changes.change_login("olga_b", by=olga, now=now)
    with django_assert_num_queries(2):  # type: ignore[operator]
        client.get("/users/olga/")


@pytest.mark.parametrize("login", ["olga", "OLGA", "oLGa"])
def test_nobody_can_take_a_former_login(client: Client, olga: User, sten: User, now: datetime, login: str) -> None:
    login_changes.change_login("olga_b", by=olga, now=now)
    for by in (None, sten):
        with pytest.raises(Invalid, match="This login is taken"):
            logins.check(login, by=by)
    with pytest.raises(Invalid, match="This login is taken"):
        login_changes.change_login(login, by=sten, now=now)
    assert "This login is taken" in str(client.post("/signup/", typed(username=login)).context["form"].errors)
    assert "This login is taken" in client.get("/signup/login/", {"username": login}).content.decode()


def test_the_database_itself_keeps_former_logins(olga: User, sten: User, now: datetime) -> None:
    login_changes.change_login("olga_b", by=olga, now=now)
    for statement in (
        "UPDATE accounts_user SET login = 'OLGA' WHERE login = 'sten'",
        f"INSERT INTO accounts_formerlogin (user_id, login, at) VALUES ({sten.pk}, 'Olga_B', now())",
        f"INSERT INTO accounts_formerlogin (user_id, login, at) VALUES ({sten.pk}, 'OLGA', now())",
        f"INSERT INTO accounts_formerlogin (user_id, login, at) VALUES ({olga.pk}, 'olga_z', now())",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("Olga", "other@example.org")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET login = 'olga' WHERE login = 'olga_b'")  # her own


def test_one_logs_in_with_the_new_login_or_the_e_mail(olga: User, now: datetime) -> None:
    login_changes.change_login("olga_b", by=olga, now=now)
    for name, comes_in in (("olga_b", True), ("olga@example.org", True), ("olga", False)):
        client = Client()
        client.post("/login/", {"login": name, "password": PASSWORD})
        assert ("_auth_user_id" in client.session) == comes_in, name


def test_while_typing_the_own_login_is_not_taken_by_oneself(as_olga: Client, sten: User) -> None:
    def verdict(login: str) -> str:
        return as_olga.get("/signup/login/", {"username": login}).content.decode()

    assert "“OLGA” is free." in verdict("OLGA")
    assert "This is your login already." in verdict("olga")
    assert "This login is taken." in verdict("STEN")


def test_the_account_page_leads_there_until_it_is_done(as_olga: Client) -> None:
    assert "/settings/login/" in as_olga.get("/settings/account/").content.decode()
    _change(as_olga, "olga_b")
    assert "/settings/login/" not in as_olga.get("/settings/account/").content.decode()


def test_the_search_finds_kworks_by_the_sellers_new_login(stage: Stage) -> None:
    kwork = stage.a_kwork()
    login_changes.change_login("brushwood", by=stage.seller, now=stage.now)
    handing.hand_on_waiting(now=stage.now)
    assert [found.pk for found in queries.search("brushwood")] == [kwork.pk]
