"""`manage.py demo`: fills an empty site, leaves a filled one in peace, and is refused in production."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from core.tasks import AfterCommitTask
from finance.steps import proving
from marketplace.demo import fresh, openings
from marketplace.demo.clockwork import Clockwork, nothing_leaves
from marketplace.demo.fill import Filled
from marketplace.management.commands import demo

pytestmark = pytest.mark.django_db


def _note(done: list[str], verb: str, _now: datetime) -> None:
    done.append(verb)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> list[str]:
    """What the command did, in order, without doing it."""
    settings.LOCAL_DIR = tmp_path
    done: list[str] = []

    def fill(_now: datetime, **_options: object) -> Filled:
        done.append("filled")
        return Filled(60, 300, 340)

    monkeypatch.setattr(demo, "fill", fill)
    monkeypatch.setattr(demo, "wipe", lambda: done.append("wiped"))
    for verb in ("seal", "run"):
        monkeypatch.setattr(proving, verb, partial(_note, done, verb))
    for verb in ("forget", "write", "hand_over"):
        monkeypatch.setattr(openings, verb, partial(done.append, verb))
    return done


def test_an_empty_site_is_filled(done: list[str]) -> None:
    out = StringIO()
    call_command("demo", "--if-empty", stdout=out)
    assert done == ["filled", "seal", "run", "write", "hand_over"]
    assert "60 users, 300 kworks, 340 orders" in out.getvalue()


def test_a_site_with_users_is_left_in_peace(done: list[str], bea: User) -> None:
    call_command("demo", "--if-empty")
    assert done == ["write"]


def test_without_a_word_about_it_a_site_with_users_is_not_touched(done: list[str], bea: User) -> None:
    with pytest.raises(CommandError, match="There are users already"):
        call_command("demo")
    assert done == []


def test_fresh_empties_first(done: list[str], bea: User) -> None:
    call_command("demo", "--fresh", stdout=StringIO())
    assert done == ["forget", "wiped", "filled", "seal", "run", "write", "hand_over"]


@pytest.mark.parametrize("option", ["--fresh", "--if-empty"])
@pytest.mark.parametrize(("production", "dev_tools"), [(True, False), (True, True), (False, False)])
def test_production_gets_no_demo(
    done: list[str], settings: Settings, option: str, production: bool, dev_tools: bool
) -> None:
    settings.PRODUCTION, settings.DEV_TOOLS = production, dev_tools
    with pytest.raises(CommandError, match="no development site"):
        call_command("demo", option)
    assert done == []


def test_wiping_itself_is_refused_in_production_too(settings: Settings, bea: User) -> None:
    settings.PRODUCTION = True
    with pytest.raises(fresh.NotHere):
        fresh.wipe()
    assert User.objects.filter(pk=bea.pk).exists()


def test_messages_to_workers_are_held_back_only_meanwhile() -> None:
    usual = AfterCommitTask.apply_async
    with nothing_leaves():
        assert AfterCommitTask.apply_async is not usual
    assert AfterCommitTask.apply_async is usual


def test_the_clock_of_the_demo_runs_forward_and_stops_at_its_end(now: datetime) -> None:
    seen: list[datetime] = []
    clockwork = Clockwork(now)
    for hours in (3, -2, -5, -40):
        clockwork.at(now + timedelta(hours=hours), seen.append)
    clockwork.run()
    assert seen == sorted(seen)
    assert len(seen) == 3
