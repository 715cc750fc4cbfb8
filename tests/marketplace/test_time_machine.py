"""A leap of the time machine takes the payment sandbox along, and nothing else that the site may pay through."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core import clock
from core.money import dollars
from finance.models import TopUpStatus
from finance.provider import sandbox
from finance.rules import TOP_UP_OPEN_FOR
from finance.steps import top_ups
from marketplace.devtools import machine
from tests.payments import EXPIRED, Payments, payments, payments_process
from tests.sandbox import API_KEY, SandboxProcess

__all__ = ["payments", "payments_process"]

pytestmark = pytest.mark.django_db

MOVE = "/devtools/time/"
DAY = 24 * 3600


def leap(client: Client, by: str) -> str:
    return client.post(MOVE, {"by": by}, follow=True).content.decode()


@pytest.mark.rule("FIN-02")
def test_a_payment_page_is_closed_once_its_day_is_leapt_over(client: Client, bea: User, payments: Payments) -> None:
    opened = clock.now()
    top_up = top_ups.begin(bea, dollars(20), by=bea, now=opened)
    leap(client, "20m")
    assert payments.sandbox.state_now()["clock_offset"] == 20 * 60
    assert payments.receiver.of(EXPIRED) == []
    leap(client, "24h")
    payments.deliver(client, payments.told(EXPIRED))
    page = payments.pay(top_up)
    assert page.status != 303
    top_up.refresh_from_db()
    assert top_up.status == TopUpStatus.ABANDONED
    assert top_up.settled_at is not None
    assert top_up.settled_at >= opened + TOP_UP_OPEN_FOR  # as the sandbox tells of it the site's clock has moved


def test_the_sweeps_come_when_both_clocks_have_moved(
    client: Client, payments: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Looking:
        """A sweep that looks at the clocks."""

        def run(self, now: datetime) -> None:
            seen.append((clock.shift(), payments.sandbox.state_now()["clock_offset"]))

    monkeypatch.setattr(machine, "SWEEPS", [Looking()])
    leap(client, "3d")
    assert set(seen) == {(timedelta(days=3), 3 * DAY)}


def test_a_sandbox_that_does_not_answer_stops_no_leap_and_catches_up_at_the_next(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    with SandboxProcess(tmp_path) as process:
        settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = process.url, API_KEY
        assert "keeps its time" not in leap(client, "24h")
        process.kill()
        told = leap(client, "3d")
        assert "It is now" in told
        assert "The payment sandbox did not answer and keeps its time." in told
        assert clock.shift() == timedelta(days=4)
        process.start()
        assert process.state_now()["clock_offset"] == DAY
        assert "keeps its time" not in leap(client, "24h")
        assert process.state_now()["clock_offset"] == 5 * DAY


def test_a_sandbox_that_refuses_stops_no_leap(
    client: Client, payments: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wish_for_the_past(_ahead: timedelta) -> None:
        sandbox._told("clock", {"offset": -1})

    monkeypatch.setattr(sandbox, "move_clock_to", wish_for_the_past)
    assert "keeps its time" in leap(client, "24h")
    assert clock.shift() == timedelta(days=1)


@pytest.mark.parametrize(
    ("base", "key", "dev_tools"),
    [
        ("", "sk_test_mine", True),
        ("https://api.stripe.com", "sk_test_mine", True),
        ("http://payments.example.org", "sk_test_mine", True),
        ("http://127.0.0.1.example.org", "sk_test_mine", True),
        ("http://10.0.0.7:12111", "sk_test_mine", True),
        ("https://127.0.0.1:12111", "sk_test_mine", True),
        ("http://127.0.0.1:12111", "sk_live_mine", True),
        ("http://127.0.0.1:12111", "sk_test_mine", False),
    ],
)
def test_nothing_but_a_sandbox_on_this_machine_is_ever_told(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, base: str, key: str, dev_tools: bool
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(sandbox, "HTTPConnection", lambda *where, **_how: asked.append(where))
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY, settings.DEV_TOOLS = base, key, dev_tools
    assert not sandbox.is_used()
    with pytest.raises(sandbox.NotMoved):
        sandbox.move_clock_to(timedelta(days=1))
    with pytest.raises(sandbox.NotMoved):
        sandbox.begin_anew(Path("openings.json"))
    if dev_tools:
        assert "keeps its time" not in leap(client, "24h")
    assert asked == []
