"""The minute's knock: each sweep runs once at a time, and slow ones hold up nothing."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Task

from marketplace import tasks
from marketplace.celery import app
from marketplace.schedule import SLOW_SWEEPS, SWEEPS
from tests.core.threads import at_once


def _comes_second(name: str) -> bool:
    with tasks._alone(name) as alone:
        return alone


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_is_running_is_not_started_again() -> None:
    with tasks._alone("a sweep") as first:
        assert first
        assert at_once(lambda: _comes_second("a sweep"), lambda: _comes_second("another")) == [False, True]
    assert at_once(lambda: _comes_second("a sweep")) == [True]


@pytest.mark.django_db(transaction=True)
def test_knocks_expire_and_slow_ones_have_a_queue_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, tuple[str, float]] = {}

    def send(_self: object, args: tuple[str], **how: Any) -> None:
        sent[args[0]] = (how["queue"], how["expires"])

    monkeypatch.setattr(Task, "apply_async", send)
    tasks.knock()
    expected = {each.name: "slow" if each.name in SLOW_SWEEPS else "celery" for each in SWEEPS}
    assert {name: queue for name, (queue, _) in sent.items()} == expected
    assert {expires for _, expires in sent.values()} == {60.0}
    assert set(SLOW_SWEEPS) < set(expected)


@pytest.mark.parametrize("name", ["notifications.tasks.send_letter", "kworks.tasks.make_picture"])
def test_letters_and_pictures_are_slow(name: str) -> None:
    assert app.amqp.router.route({}, name)["queue"].name == "slow"
