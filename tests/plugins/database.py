"""The test database: cloned from the migrated one, and cloned anew after each test that commits."""

import os
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.test import TransactionTestCase

from tests.plugins.servers import FAILURE, SHARED, TEMPLATE, seat_environment


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> Iterator[None]:
    """Replaces pytest-django's own: no migration runs here, and no database is left to tear down."""
    failure = os.environ.get(FAILURE)
    if failure:
        pytest.fail(
            f"The migrations fail, so there is no test database; run `make migrate` to see why:\n{failure}",
            pytrace=False,
        )
    if SHARED in os.environ:
        _move_in()
    clone()
    # Truncating would also remove the rows that migrations made, and the ledger refuses it.
    setattr(TransactionTestCase, "_fixture_teardown", lambda _self: clone())  # noqa: B010 - the stubs omit it
    yield
    connections.close_all()  # a process that is forked off later must not find them open


def _move_in() -> None:
    """On shared servers: the settings may be those of the process that forked this one, so they are set to its own."""
    environment = seat_environment()
    connections["default"].settings_dict["NAME"] = urlsplit(environment["DATABASE_URL"]).path.removeprefix("/")
    settings.CACHES["default"]["LOCATION"] = environment["REDIS_URL"]
    with suppress(AttributeError):  # nobody has asked for it yet
        del caches["default"]


def clone() -> None:
    """Makes the test database as it was before the first test."""
    connections.close_all()
    place = connections["default"].settings_dict
    host = place["OPTIONS"].get("host") or place["HOST"]
    with psycopg.connect(host=host, user=place["USER"], dbname="postgres", autocommit=True) as connection:
        name = place["NAME"]
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE} STRATEGY FILE_COPY')
