from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts import queries, rules
from accounts.models import Agreement, User
from accounts.steps import joining

PASSWORD = "Lantern-meadow-42"


@pytest.fixture(autouse=True)
def quick_and_quiet(settings: Settings) -> Iterator[None]:
    """A cheap hasher, letters kept in memory, and rate limits that begin anew."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def agreements(db: None, now: datetime) -> list[Agreement]:
    """The texts of the first migration, also after a test has emptied the tables."""
    for slug in rules.AGREED_AT_SIGN_UP:
        Agreement.objects.get_or_create(
            slug=slug, version="1", defaults={"title": slug, "text": "Be fair.", "published_at": now}
        )
    return queries.current_agreements()


@pytest.fixture
def nora(agreements: list[Agreement], now: datetime) -> User:
    """Nora, who signed up and has not confirmed her e-mail."""
    return joining.register("nora", "nora@example.org", PASSWORD, agreements=agreements, confirmed=False, now=now)


@pytest.fixture
def olga(agreements: list[Agreement], now: datetime) -> User:
    """Olga, whose e-mail is confirmed."""
    return joining.register("olga", "olga@example.org", PASSWORD, agreements=agreements, confirmed=True, now=now)


@pytest.fixture
def as_nora(client: Client, nora: User) -> Client:
    client.force_login(nora)
    return client


@pytest.fixture
def as_olga(client: Client, olga: User) -> Client:
    """Logged in, and asked for the password a moment ago, as the pages about security want it."""
    assert EmailAddress.objects.filter(user=olga, verified=True).exists()
    client.post("/login/", {"login": "olga", "password": PASSWORD})
    client.post("/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def phone() -> Client:
    """Where the letters are read; nobody is logged in there."""
    return Client()
