"""What the pages of money say of days and of support: from the rules' own numbers, with a way to reach it (WDR-02, WDR-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.money import dollars
from finance import rules
from finance.steps.withdrawing import give_back, moving
from finance.views import top_ups as pages
from marketplace.rulebook import withdrawals as rulebook
from tests.finance.answers import sending
from tests.finance.cards import an_earner, asked_for, by_card, claimed, of
from tests.withdrawing import DAY

pytestmark = pytest.mark.django_db
WITHDRAW, ALL = "/balance/withdraw/", "/balance/withdrawals/"
SUPPORT = '<a href="mailto:support@localhost">Write to support</a>'


def _page(client: Client, user: User, path: str) -> str:
    """The page without its foot, which names support on every page."""
    client.force_login(user)
    return " ".join(client.get(path).content.decode().partition("<footer")[0].split())


@pytest.mark.rule("WDR-03")
def test_the_days_of_payment_are_those_of_the_rules(client: Client, bea: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = next(each for each in rulebook.RULES if each.id == "WDR-03")
    for days, words in (((0, 2, 4), "every Monday, Wednesday and Friday"), ((1, 3), "every Tuesday and Thursday")):
        monkeypatch.setattr(rules, "PAYMENT_WEEKDAYS", days)
        assert f"{words}." in _page(client, bea, WITHDRAW)
        assert f"{words}." in _page(client, bea, ALL)
        assert f"put together {words} at 6:00 UTC" in str(rule)


@pytest.mark.rule("FIN-03")
def test_so_is_the_time_that_a_payment_page_stays_open(
    client: Client, bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    top_up = asked_for(bea, dollars(20), now=now)
    monkeypatch.setattr(pages, "_settled", lambda found: (found, True))
    for span, words in ((rules.TOP_UP_OPEN_FOR, "24 hours"), (timedelta(hours=3), "3 hours")):
        monkeypatch.setattr(pages, "TOP_UP_OPEN_FOR", span)
        assert f"stays open for {words} after" in _page(client, bea, reverse("top-up-detail", args=[top_up.pk]))


@pytest.mark.rule("WDR-02")
def test_where_support_can_let_money_go_it_can_be_reached(client: Client, sam: User, now: datetime) -> None:
    earner = an_earner(sam, now=now)
    assert _page(client, earner, WITHDRAW).count(SUPPORT) == 1
    lot = by_card(earner, dollars(30), now=now - 40 * DAY)
    claimed(lot, now=now, state="lost", taken=dollars(10), withdrawn=dollars(10))
    text = _page(client, earner, WITHDRAW)
    assert "ask support where it may go." in text
    assert text.count(SUPPORT) == 2


@pytest.mark.rule("WDR-02")
def test_so_can_it_when_money_could_not_go_back(client: Client, sam: User, now: datetime) -> None:
    earner = an_earner(sam, now=now)
    lot = by_card(earner, dollars(30), now=now - 40 * DAY)
    for route, is_there in ((f"card-{of(lot).fingerprint}", True), ("earnings", False)):
        made = sending(earner, route, now)
        with moving(made.pk, "refuse", by=None, now=now) as step:
            give_back(step.withdrawal, by=None, now=now)
        assert (SUPPORT in _page(client, earner, made.get_absolute_url())) is is_there
