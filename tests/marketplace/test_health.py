"""Alive, ready, measured, and the few figures of life in the header."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.models import User
from core.models import Event
from marketplace import health, tasks
from marketplace.pulse import pulse
from marketplace.schedule import SWEEPS
from tests.notifications.conftest import event, letter, told  # noqa: F401 - fixtures
from tests.stage import Stage

HEALTHZ_COUNT = 'django_http_responses_total_by_status_view_method_total{method="GET",status="200",view="healthz"}'


def checks(client: Client) -> dict[str, str]:
    """What /readyz says about each part."""
    found: dict[str, str] = client.get("/readyz").json()["checks"]
    return found


def test_alive_asks_nobody_else(client: Client) -> None:
    """No database is allowed in this test: pytest-django would fail it."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_every_part_is(client: Client) -> None:
    health.beat()
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "checks": {"database": "ok", "migrations": "ok", "cache": "ok", "beat": "ok"},
    }


@pytest.mark.django_db
def test_not_ready_before_the_first_knock_or_long_after_the_last(client: Client) -> None:
    assert client.get("/readyz").status_code == 503
    assert checks(client)["beat"] == "has not knocked yet"
    cache.set(health.HEARTBEAT, time.time() - 3600)
    assert checks(client)["beat"].startswith("last knocked 36")


@pytest.mark.django_db
def test_not_ready_without_the_database_and_says_nothing_of_its_inside(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError("password authentication failed for user workhall")

    monkeypatch.setattr(health, "_migrated", True)
    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "fails with OperationalError"
    assert "password" not in response.content.decode()


@pytest.mark.django_db
def test_not_ready_while_a_migration_waits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications'")
    assert checks(client)["migrations"].endswith(" not applied")


@pytest.mark.django_db
def test_not_ready_when_the_cache_forgets(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "get", lambda _key, default=None: default)
    assert checks(client)["cache"] == "forgets"


@pytest.mark.django_db
def test_the_knock_is_the_heartbeat() -> None:
    tasks.knock()
    assert time.time() - health.last_beat() < 5


@pytest.mark.django_db
def test_each_sweep_leaves_when_it_ran() -> None:
    tasks.sweep(SWEEPS[0].name)
    assert time.time() - health.last_swept(SWEEPS[0].name) < 5
    assert health.last_swept(SWEEPS[1].name) == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("letter")
def test_metrics_say_how_far_the_site_is_behind(client: Client, stage: Stage) -> None:
    order = stage.an_order()
    Event.objects.filter(subject="order", subject_id=order.pk).update(handed_at=None)
    page = client.get("/metrics").content.decode()
    assert "django_http_requests_total_by_method_total" in page
    waiting = Event.objects.filter(handed_at=None).count()
    assert waiting
    assert f"workhall_events_waiting {waiting}.0" in page
    assert "workhall_letters_waiting 1.0" in page
    assert 'workhall_timers_overdue{sweep="orders not started in time"} 1.0' in page  # the play is set in the past
    assert 'workhall_sweep_last_run_seconds{sweep="orders not started in time"} 0.0' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("production", "token", "sent", "status"),
    [
        (False, "", "", 200),
        (True, "", "", 404),
        (True, "", "Bearer ", 404),
        (True, "secret-word", "Bearer other", 404),
        (True, "secret-word", "Bearer secret-word", 200),
        (True, "secret-word", "Bearer sécret", 404),
    ],
)
def test_metrics_are_for_who_has_the_token(
    client: Client, settings: Settings, production: bool, token: str, sent: str, status: int
) -> None:
    settings.PRODUCTION, settings.METRICS_TOKEN = production, token
    assert client.get("/metrics", headers={"Authorization": sent}).status_code == status


@pytest.mark.django_db
def test_metrics_are_not_for_other_machines_even_in_development(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 404


@pytest.mark.rule("ACC-15")
def test_the_pulse_counts_real_users_and_names_the_last_order(stage: Stage, bea: User, sten: User) -> None:
    order = stage.an_order()
    now = stage.later()
    User.objects.filter(pk=bea.pk).update(last_seen_at=now - timedelta(minutes=1))
    User.objects.filter(pk=sten.pk).update(last_seen_at=now - timedelta(days=1))
    assert (pulse(now).online, pulse(now).last_order_at) == (1, order.placed_at)


@pytest.mark.rule("ACC-15")
def test_a_site_without_orders_names_none(bea: User, client: Client) -> None:
    content = client.get("/rules/").content.decode()
    assert "users online" in content
    assert "Last order:" not in content


def test_the_pulse_is_asked_of_the_database_once_for_all(
    stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stage.an_order()
    pulse(stage.now)
    with django_assert_num_queries(0):
        pulse(stage.now)


COUNTS_AND_READS = """
import django; django.setup()
from django.test import Client
if {reads}:
    print(Client().get("/metrics", HTTP_HOST="localhost").content.decode())
else:
    Client().get("/healthz", HTTP_HOST="localhost")
"""


def test_one_web_process_tells_the_figures_of_all(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"), "LOG_JSON": "1"}

    def run(reads: bool) -> str:
        command = [sys.executable, "-W", "ignore", "-c", COUNTS_AND_READS.format(reads=reads)]
        ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=site.BASE_DIR, env=environment)
        return ended.stdout

    run(reads=False)
    counted = next(line for line in run(reads=True).splitlines() if line.startswith(HEALTHZ_COUNT))
    assert counted.endswith(" 1.0")
