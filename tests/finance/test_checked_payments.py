"""A payment that does not add up is seen by its payer and by who decides it, until it is decided (FIN-03)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from core import handing
from core.money import dollars
from finance.models import OfflineWay, TopUp
from finance.steps import offline, top_ups
from notifications.models import Notice
from notifications.words import Words
from tests.finance.cards import an_earner, asked_for, session_of
from tests.stage import give
from tests.withdrawing import ask

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-03")]
BALANCE = "/balance/"
WAITS = "payments wait to be decided"


@pytest.fixture
def checked(bea: User, now: datetime) -> TopUp:
    """Another sum was paid than asked for."""
    top_up = asked_for(bea, dollars(25), now=now)
    top_ups.learn(str(top_up.session_id), session_of(top_up, amount=dollars(24)), now)
    return top_up


@pytest.fixture
def cleo(ada: User) -> User:
    """Staff with the one right."""
    ada.user_permissions.add(Permission.objects.get(codename="change_topup"))
    return User.objects.get(pk=ada.pk)


def shown(client: Client, user: User, path: str = BALANCE) -> str:
    client.force_login(user)
    return client.get(path).content.decode()


def test_its_payer_sees_it_on_the_balance_with_why(client: Client, checked: TopUp, bea: User) -> None:
    text = shown(client, bea).split('id="unfinished"')[1]
    assert "Being checked by us" in text
    assert "reports another sum than the one asked for" in text
    assert f'href="{checked.get_absolute_url()}"' in text
    assert "Continue payment" not in text


def test_its_payer_is_told_once(checked: TopUp, bea: User, now: datetime) -> None:
    for _again in range(2):
        top_ups.learn(str(checked.session_id), session_of(checked, amount=dollars(24)), now)
        handing.hand_on_waiting(now=now)
    notice = Notice.objects.get(user=bea)
    assert (notice.kind, notice.url, notice.facts) == (
        "top_up.questioned",
        checked.get_absolute_url(),
        {"amount_cents": 2500},
    )
    assert "please do not pay again" in " ".join(Words(notice.kind, bea, notice.facts).body)


def test_that_it_is_here_again_is_told_too(checked: TopUp, bea: User, now: datetime) -> None:
    TopUp.objects.filter(pk=checked.pk).update(status="abandoned")
    top_ups.come_back(checked.pk, now)
    handing.hand_on_waiting(now=now)
    assert Notice.objects.filter(user=bea, kind="top_up.came_back").count() == 1


def test_more_than_three_are_counted_and_a_link_away(client: Client, bea: User, now: datetime) -> None:
    for _ in range(3):
        asked_for(bea, dollars(25), now=now)
    assert "among all top-ups" not in shown(client, bea)
    for _ in range(2):
        asked_for(bea, dollars(25), now=now)
    assert f'<a href="{reverse("top-ups")}">2 more, among all top-ups</a>' in shown(client, bea)


class TestStaff:
    def test_who_may_decide_sees_how_many_wait_and_is_led_to_them(
        self, client: Client, checked: TopUp, cleo: User
    ) -> None:
        href = reverse("admin:finance_topup_changelist") + "?status__exact=questioned"
        text = shown(client, cleo, "/")
        assert href in text
        assert WAITS in text
        assert f"/{checked.pk}/change/" in client.get(href).content.decode()

    def test_who_may_not_sees_nothing_of_it(self, client: Client, checked: TopUp, ada: User, sam: User) -> None:
        for user in (ada, sam):
            assert "status__exact=questioned" not in shown(client, user, "/")

    def test_ones_own_waits_for_somebody_else(self, client: Client, cleo: User, now: datetime) -> None:
        own = asked_for(cleo, dollars(25), now=now)
        top_ups.learn(str(own.session_id), session_of(own, amount=dollars(24)), now)
        assert WAITS not in shown(client, cleo, "/")

    def test_a_figure_says_how_many_wait(self, client: Client, checked: TopUp) -> None:
        assert "workhall_payments_questioned 1.0" in client.get("/metrics").content.decode()


@pytest.mark.rule("PAY-01")
def test_announced_payments_that_wait_are_a_link_away(
    client: Client, settings: Settings, bea: User, now: datetime
) -> None:
    settings.OFFLINE_PAYMENT_DETAILS = "Example Bank"
    link = f'href="{reverse("offline")}#announced"'
    assert link not in shown(client, bea)
    payment = offline.announce(OfflineWay.BANK, dollars(30), by=bea, now=now)
    assert link in shown(client, bea)
    offline.cancel(payment.pk, by=bea, now=now)
    assert link not in shown(client, bea)


@pytest.mark.rule("WDR-04")
def test_what_is_asked_to_be_withdrawn_stays_in_view(client: Client, sam: User, now: datetime) -> None:
    earner = an_earner(sam, now=now)
    assert "Being withdrawn" not in shown(client, earner)
    ask(earner, dollars(20), now=now)
    text = shown(client, earner).split("Being withdrawn")[1].split("</div>")[0]
    assert "$20.00" in text
    assert f'href="{reverse("withdrawals")}"' in text


@pytest.mark.rule("FIN-01")
def test_the_escrow_says_what_its_seller_gets(client: Client, bea: User, now: datetime) -> None:
    give(bea, dollars(5), now=now)
    text = shown(client, bea)
    assert "goes to the seller, less our commission" in text
    assert "mediator’s fee" in text
