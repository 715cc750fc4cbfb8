"""The test database: cloned from the migrated one, and cloned anew after each test that commits."""

import os

import psycopg
import pytest
from django.db import connections
from django.test import TransactionTestCase

from tests.plugins.servers import FAILURE, TEMPLATE


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> None:
    """Replaces pytest-django's own: no migration runs here, and nothing is left to tear down."""
    failure = os.environ.get(FAILURE)
    if failure:
        pytest.fail(
            f"The migrations fail, so there is no test database; run `make migrate` to see why:\n{failure}",
            pytrace=False,
        )
    clone()
    # Truncating would also remove the rows that migrations made, and the ledger refuses it.
    setattr(TransactionTestCase, "_fixture_teardown", lambda _self: clone())  # noqa: B010 - the stubs omit it


def clone() -> None:
    """Makes the test database as it was before the first test."""
    connections.close_all()
    settings = connections["default"].settings_dict
    host = settings["OPTIONS"].get("host") or settings["HOST"]
    with psycopg.connect(host=host, user=settings["USER"], dbname="postgres", autocommit=True) as connection:
        name = settings["NAME"]
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}')
