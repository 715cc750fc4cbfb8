"""Announced payments among the movements: each is named by its reference and leads to its row (PAY-01, FIN-05)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.money import dollars
from finance.models import OfflineWay
from finance.rules import OFFLINE_A_PAGE
from finance.steps import offline
from tests.finance.announced import came
from tests.stage import give

pytestmark = [pytest.mark.django_db, pytest.mark.rule("PAY-01")]
BALANCE = "/balance/"


@pytest.mark.rule("FIN-05")
def test_a_movement_names_the_announced_payment_and_leads_to_its_row(
    client: Client, bea: User, mo: User, now: datetime
) -> None:
    first, second = (came(bea, dollars(40), mo, now=now) for _ in range(2))
    client.force_login(bea)
    text = client.get(BALANCE).content.decode()
    for payment in (first, second):
        href = reverse("offline-payment", args=[payment.pk])
        assert f'<a href="{href}">Announced payment {payment.code}</a>' in text
        shown = client.get(href, follow=True)
        assert shown.redirect_chain == [(f"/balance/offline/?page=1#announced-{payment.pk}", 302)]
        assert f'id="announced-{payment.pk}"' in shown.content.decode()


@pytest.mark.rule("FIN-05")
def test_however_many_are_named_they_take_one_question(client: Client, bea: User, mo: User, now: datetime) -> None:
    client.force_login(bea)
    give(bea, dollars(1), now=now)
    asked = []
    for count in (0, 1, 3):
        for _ in range(count):
            came(bea, dollars(30), mo, now=now)
        with CaptureQueriesContext(connection) as queries:
            client.get(BALANCE)
        asked.append(sum("finance_offlinepayment" in query["sql"] and "code" in query["sql"] for query in queries))
    assert asked[1] == asked[0] + 1
    assert asked[2] == asked[1]


def test_the_row_is_found_on_its_page_of_the_list(client: Client, bea: User, now: datetime) -> None:
    made = []
    for _ in range(OFFLINE_A_PAGE + 1):
        payment = offline.announce(OfflineWay.BANK, dollars(30), by=bea, now=now)
        offline.cancel(payment.pk, by=bea, now=now)
        made.append(payment)
    client.force_login(bea)
    for payment, page in ((made[0], 2), (made[1], 1), (made[-1], 1)):
        leads = client.get(reverse("offline-payment", args=[payment.pk]))
        assert leads.headers["Location"] == f"/balance/offline/?page={page}#announced-{payment.pk}"
        assert f'id="announced-{payment.pk}"' in client.get(leads.headers["Location"]).content.decode()


def test_strangers_are_led_nowhere(client: Client, bea: User, sten: User, mo: User, now: datetime) -> None:
    here = reverse("offline-payment", args=[came(bea, dollars(30), mo, now=now).pk])
    assert client.get(here).status_code == 302
    for user in (sten, mo):
        client.force_login(user)
        assert client.get(here).status_code == 404
