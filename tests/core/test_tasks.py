"""Tasks leave after the commit, carry the request's id, and need no broker to keep the site going."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError
from structlog.contextvars import bound_contextvars, get_contextvars

from core.tasks import AfterCommitTask, task
from marketplace.celery import app

Sent = list[dict[str, Any]]
seen: list[dict[str, Any]] = []


@task
def note() -> None:
    """Note what the log lines of a task would carry."""
    seen.append(get_contextvars())


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """What went to the broker."""
    messages: Sent = []
    monkeypatch.setattr(Task, "apply_async", lambda _self, *_args, **options: messages.append(options))
    yield messages
    seen.clear()


@pytest.mark.django_db(transaction=True)
def test_a_task_leaves_with_the_commit_and_not_before(sent: Sent) -> None:
    with transaction.atomic():
        note.delay()
        assert not sent
    assert len(sent) == 1


@pytest.mark.django_db(transaction=True)
def test_a_task_of_a_transaction_that_is_undone_never_leaves(sent: Sent) -> None:
    def change() -> None:
        with transaction.atomic():
            note.delay()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert not sent


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [OperationalError("gone"), ConnectionRefusedError()])
def test_an_unreachable_broker_is_no_error_of_the_request(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(Task, "apply_async", refuse)
    note.delay()


@pytest.mark.django_db(transaction=True)
def test_the_id_of_the_request_travels_with_the_task(sent: Sent) -> None:
    with bound_contextvars(request_id="abc123"):
        note.delay()
    assert sent == [{"headers": {"request_id": "abc123"}}]


def test_a_task_logs_with_its_own_id_and_the_requests(sent: Sent) -> None:
    note.push_request(id="t1", request_id="abc123")
    try:
        note()
    finally:
        note.pop_request()
    assert seen == [{"task": note.name, "task_id": "t1", "request_id": "abc123"}]
    assert not get_contextvars()


def test_every_task_of_the_site_starts_after_commit() -> None:
    app.loader.import_default_modules()
    own = [each for name, each in app.tasks.items() if not name.startswith("celery.")]
    assert own
    assert [each.name for each in own if not isinstance(each, AfterCommitTask)] == []
