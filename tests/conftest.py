"""The fixed cast and the stage of every test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection

from accounts.models import User
from finance import proof
from finance.models import Posting
from finance.queries import history
from tests.stage import Stage, a_person

NOBODY_LISTENS = "http://127.0.0.1:9"  # where a developer's own payment sandbox could be, were it not set
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def pytest_configure() -> None:
    """Each test client makes the middleware anew, and need not read the folders of static files for it.

    Tests that pay have a payment sandbox of their own; no other may reach one that a developer's site uses.
    """
    settings.WHITENOISE_AUTOREFRESH = True
    settings.STRIPE_API_BASE = NOBODY_LISTENS


@pytest.fixture(autouse=True)
def ledger_proves_itself(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test that has a database, the books must be right (FIN-07)."""
    marked = request.node.get_closest_marker("django_db")
    if not marked and not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("db")  # so that this ends before the database is put back
    yield
    if "ledger_may_break" in request.fixturenames or connection.needs_rollback:
        return
    found = proof.breaches()
    assert not found, "The ledger does not prove itself after this test:\n" + "\n".join(found)
    hidden = Posting.objects.filter(account__kind__in=history.OWN_KINDS, entry__verb__in=history.NEVER_OWN)
    assert not hidden.exists(), "A movement on somebody's balance is of a kind that its filter does not offer (FIN-05)."


@pytest.fixture
def ledger_may_break() -> None:
    """For tests that take a guard away to show what it is for."""


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """The database is as before each test; what was remembered of it must go, too."""
    cache.clear()


@pytest.fixture
def now() -> datetime:
    """A Monday morning; tests move on from here by adding to it."""
    return NOW


def _person(login: str, name: str, **fields: object) -> User:
    return a_person(login, name, now=NOW, **fields)


@pytest.fixture
def bea(db: None) -> User:
    """Bea, the buyer."""
    return _person("bea", "Bea Buyer")


@pytest.fixture
def sam(db: None) -> User:
    """Sam, the seller."""
    return _person("sam", "Sam Seller")


@pytest.fixture
def sten(db: None) -> User:
    """Sten, a stranger to every order."""
    return _person("sten", "Sten Stranger")


@pytest.fixture
def mo(db: None) -> User:
    """Mo, a moderator with the rights of the admin."""
    met = User.objects.filter(login="mo").first()  # the stage calls for Mo by itself
    return met or _person("mo", "Mo Moderator", is_staff=True, is_superuser=True)


@pytest.fixture
def ada(db: None) -> User:
    """Ada, who decides disputes."""
    arbiter = _person("ada", "Ada Arbiter", is_staff=True)
    may = Permission.objects.get(content_type__app_label="arbitration", codename="arbitrate")
    arbiter.user_permissions.add(may)
    return arbiter


@pytest.fixture
def stage(bea: User, sam: User) -> Stage:
    """Makes kworks and orders of Sam and Bea by the real steps."""
    return Stage(buyer=bea, seller=sam, now=NOW)
