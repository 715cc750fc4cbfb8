"""Changes of e-mail and login at the same moment (ACC-03, ACC-06, ACC-07)."""

from __future__ import annotations

from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from accounts import logins
from accounts.models import EmailChange, FormerLogin, User
from accounts.steps import email_changes, login_changes
from core.models import Event
from tests.races.together import PATIENCE_SECONDS, refusals, together

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "new@example.org"


def _agreed(user: User, email: str, now: datetime) -> str:
    """The secret of the letter to the new address."""
    asked = email_changes.ask(email, by=user, now=now)
    return email_changes.agree(asked.secret, now=now).secret


@pytest.mark.rule("ACC-06")
def test_one_mailbox_confirmed_for_two_accounts_at_once_becomes_one_accounts(
    bea: User, sam: User, now: datetime
) -> None:
    secrets = [_agreed(bea, NEW, now), _agreed(sam, "New+kworks@example.org", now)]
    outcomes = together(*(lambda secret=secret: email_changes.complete(secret, now=now) for secret in secrets))
    assert refusals(outcomes) == ["Invalid"]
    assert User.objects.filter(email_key=NEW).count() == 1
    assert User.objects.filter(email_changed_at__isnull=False).count() == 1
    assert EmailAddress.objects.filter(verified=True).count() == 2
    assert Event.objects.filter(kind="account.email_changed").count() == 1


@pytest.mark.rule("ACC-06")
def test_one_link_followed_twice_at_once_changes_once(bea: User, now: datetime) -> None:
    secret = _agreed(bea, NEW, now)
    outcomes = together(*(lambda: email_changes.complete(secret, now=now) for _ in range(2)))
    assert refusals(outcomes) == ["OutOfTurn"]
    assert Event.objects.filter(kind="account.email_changed").count() == 1


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The change is read without holding the account, and everybody has read before anybody goes on."""
    all_have_read, named = Barrier(2), email_changes._named

    def read_then_wait(*args: Any) -> EmailChange:
        change = named(*args)
        all_have_read.wait(PATIENCE_SECONDS)
        return change

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
    monkeypatch.setattr(email_changes, "_named", read_then_wait)


@pytest.mark.rule("ACC-06")
def test_without_the_lock_one_yes_sends_two_letters(bea: User, now: datetime, no_lock: None) -> None:
    """Negative control: the second letter's link is the only one that works, and the change is told twice."""
    asked = email_changes.ask(NEW, by=bea, now=now)
    assert refusals(together(*(lambda: email_changes.agree(asked.secret, now=now) for _ in range(2)))) == []
    assert Event.objects.filter(kind="account.email_change_agreed").count() == 2


@pytest.mark.rule("ACC-06")
def test_a_yes_at_the_moment_of_a_cancellation_leaves_one_of_both(bea: User, now: datetime) -> None:
    secret = _agreed(bea, NEW, now)
    outcomes = together(
        lambda: email_changes.complete(secret, now=now).status,
        lambda: email_changes.cancel(by=bea, now=now),
    )
    assert refusals(outcomes) == ["OutOfTurn"]
    changed = User.objects.get(pk=bea.pk).email == NEW
    assert EmailChange.objects.get().status == ("done" if changed else "canceled")


@pytest.mark.rule("ACC-06")
def test_asking_twice_at_once_begins_one_change(bea: User, now: datetime) -> None:
    outcomes = together(*(lambda: email_changes.ask(NEW, by=bea, now=now) for _ in range(2)))
    assert refusals(outcomes) == ["OutOfTurn"]
    assert EmailChange.objects.count() == 1
    assert mail.outbox == []


@pytest.mark.rule("ACC-07")
def test_the_login_changes_once_however_often_it_is_pressed(bea: User, now: datetime) -> None:
    outcomes = together(
        lambda: login_changes.change_login("bea_b", by=bea, now=now),
        lambda: login_changes.change_login("bea_c", by=bea, now=now),
    )
    assert refusals(outcomes) == ["OutOfTurn"]
    assert FormerLogin.objects.get().login == "bea"


@pytest.mark.rule("ACC-07")
def test_two_accounts_that_want_one_login_at_once_get_it_once(bea: User, sam: User, now: datetime) -> None:
    outcomes = together(
        lambda: login_changes.change_login("Brush", by=bea, now=now),
        lambda: login_changes.change_login("brush", by=sam, now=now),
    )
    assert refusals(outcomes) == ["Invalid"]
    assert User.objects.filter(login__iexact="brush").count() == 1


@pytest.fixture
def asked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody has asked whether the login is free before anybody takes one, and was told that it is."""
    both = Barrier(2)
    monkeypatch.setattr(logins, "check", lambda _login, **_by: both.wait(PATIENCE_SECONDS))


@pytest.fixture
def no_guard(transactional_db: None) -> None:
    """The database lets everybody take a former login."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER login_is_nobodys_former ON accounts_user")


@pytest.mark.rule("ACC-07")
@pytest.mark.parametrize("_turn", range(3))
def test_a_login_given_up_this_moment_is_not_to_be_had(
    bea: User, sam: User, now: datetime, asked_before: None, _turn: int
) -> None:
    outcomes = together(
        lambda: login_changes.change_login("bea_b", by=bea, now=now),
        lambda: login_changes.change_login("BEA", by=sam, now=now),
    )
    assert refusals(outcomes) == ["Invalid"]
    assert set(User.objects.values_list("login", flat=True)) == {"bea_b", "sam"}


@pytest.mark.rule("ACC-07")
def test_without_the_guard_a_login_given_up_is_taken(bea: User, sam: User, now: datetime, no_guard: None) -> None:
    """Negative control: what the trigger keeps from happening."""
    login_changes.change_login("bea_b", by=bea, now=now)
    sam.login = "BEA"
    sam.save()
    assert User.objects.get(login="BEA") == sam


@pytest.mark.rule("ACC-07")
def test_with_the_guard_it_is_not(bea: User, sam: User, now: datetime) -> None:
    login_changes.change_login("bea_b", by=bea, now=now)
    sam.login = "BEA"
    with pytest.raises(IntegrityError):
        sam.save()
