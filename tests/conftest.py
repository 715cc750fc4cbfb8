"""The fixed cast and the stage of every test."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.models import User
from tests.stage import Stage

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A Monday morning; tests move on from here by adding to it."""
    return NOW


def _person(login: str, name: str, **fields: object) -> User:
    return User.objects.create_user(login, f"{login}@example.org", name=name, date_joined=NOW, **fields)


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
    return _person("mo", "Mo Moderator", is_staff=True, is_superuser=True)


@pytest.fixture
def ada(db: None) -> User:
    """Ada, who decides disputes."""
    return _person("ada", "Ada Arbiter", is_staff=True)


@pytest.fixture
def stage(bea: User, sam: User) -> Stage:
    """Makes kworks and orders of Sam and Bea by the real steps."""
    return Stage(buyer=bea, seller=sam, now=NOW)
