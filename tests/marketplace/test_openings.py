"""The payment sandbox is told of the demo's money, so that it can go back and be disputed as any other (WDR-01, FIN-07)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from core import clock
from core.money import Money, dollars
from finance import proof
from finance.models import Chargeback, Lot, ProviderMovement, TopUp
from finance.provider import claims
from finance.provider import client as provider
from finance.queries import withdrawable
from finance.rules import BOUND_FOR
from finance.steps import chargebacks, reconciling, top_ups
from marketplace.demo import openings
from marketplace.demo.money import add_funds
from marketplace.demo.payouts import dispute
from tests.payments import Payments
from tests.sandbox import API_KEY, SandboxProcess
from tests.withdrawing import ask, send

pytestmark = pytest.mark.django_db

LONG_AGO = BOUND_FOR + timedelta(days=3)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """The site's own folder, which is not the developer's."""
    settings.LOCAL_DIR = tmp_path
    return tmp_path


@pytest.fixture
def demo_money(bea: User, sten: User) -> None:
    """Bea paid in by card and left one page unpaid; a bank has taken back what Sten paid in."""
    now = clock.now()
    add_funds(bea, dollars(80), now=now - LONG_AGO)
    add_funds(bea, dollars(30), now=now - LONG_AGO, paid=False)
    add_funds(sten, dollars(60), now=now - 3 * DAY)
    dispute(TopUp.objects.get(user=sten), now - DAY)


@pytest.fixture
def sandbox(
    demo_money: None, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SandboxProcess]:
    """A real sandbox that was started with the file, and the site's settings pointing at it."""
    openings.write()
    monkeypatch.setattr(provider, "PROVIDER_RETRIES", 0)
    with SandboxProcess(folder, openings=openings.path()) as process:
        settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = process.url, API_KEY
        provider._client_for.cache_clear()
        yield process


def _holds(balance: Money) -> bool:
    """The books hold, also an hour after the fact, and the provider has what they say."""
    reconciling.reconcile(clock.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE finance_providermovement SET at = at - interval '2 hours'")
    proven = proof.prove(seals=None)
    assert proven.broken == []
    return proven.at_provider == claims.held() == balance


@pytest.mark.rule("WDR-01", "WDR-03", "FIN-07")
def test_demo_money_goes_back_to_its_card_and_the_books_hold(
    sandbox: SandboxProcess, bea: User, mo: User, now: datetime
) -> None:
    today = clock.now()
    assert _holds(dollars(80))
    ben = User.objects.create_superuser("ben", "ben@example.org")
    (card,) = [source for source in withdrawable.sources(bea, today) if source.paid_in is None and source.free_lots]
    (withdrawal,) = ask(bea, dollars(50), card.route, now=today)
    sent = send(Payments(sandbox, None), withdrawal, mo, ben, now=today + 40 * DAY)  # type: ignore[arg-type]
    assert sent.status == "paid"
    assert Lot.objects.get(top_up=withdrawal.top_up).left == dollars(30)
    assert ProviderMovement.objects.count() == 0
    assert _holds(dollars(80) - withdrawal.net)
    assert [each.kind for each in ProviderMovement.objects.all()] == ["refund"]
    sandbox.kill()
    openings.write()
    sandbox.start()
    assert _holds(dollars(80) - withdrawal.net)


@pytest.mark.rule("FIN-03", "FIN-07")
def test_a_claim_of_the_demo_can_be_decided_and_the_books_hold(sandbox: SandboxProcess, sten: User) -> None:
    claim = Chargeback.objects.get()
    assert claim.dispute_id
    unmoved = chargebacks.settle(claim.dispute_id, clock.now())
    assert unmoved is not None
    assert (unmoved.status, _holds(dollars(80))) == ("open", True)
    sandbox.control(f"decide/{claim.dispute_id}", {"outcome": "won"})
    won = chargebacks.settle(claim.dispute_id, clock.now())
    assert won is not None
    assert (won.status, _holds(dollars(140))) == ("won", True)


def test_asking_about_a_payment_of_the_demo_changes_nothing(sandbox: SandboxProcess) -> None:
    before = list(TopUp.objects.order_by("pk").values())
    for top_up in TopUp.objects.exclude(session_id=None):
        assert top_ups.settle(str(top_up.session_id), clock.now()) is not None
    assert list(TopUp.objects.order_by("pk").values()) == before


def test_a_site_without_a_demo_tells_of_nothing_but_its_clock(folder: Path) -> None:
    clock.move_forward(3 * DAY)
    openings.write()
    told = json.loads(openings.path().read_text())
    assert (told["clock"], bool(told["life"])) == (3 * 86_400, True)
    assert [told[name] for name in ("accounts", "payments", "disputes", "transfers")] == [[], [], [], []]
    assert [each.name for each in folder.iterdir()] == [openings.path().name]


def test_a_sandbox_that_runs_begins_anew_with_a_fresh_demo(sandbox: SandboxProcess, demo_money: None) -> None:
    sandbox.control("clock", {"advance": 86_400})
    openings.forget()
    assert claims.held() == dollars(0)
    assert sandbox.state_now()["clock_offset"] == 0
    openings.write()
    openings.hand_over()
    assert claims.held() == dollars(80)


def test_the_sandbox_of_another_site_is_left_alone(sandbox: SandboxProcess, settings: Settings, tmp_path: Path) -> None:
    settings.LOCAL_DIR = tmp_path / "other"
    openings.forget()
    openings.write()
    openings.hand_over()
    assert claims.held() == dollars(80)


def test_a_sandbox_that_does_not_run_yet_is_no_problem(demo_money: None) -> None:
    openings.forget()
    openings.write()
    openings.hand_over()
    assert openings.path().exists()
