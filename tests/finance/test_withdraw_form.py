"""When the form of withdrawals is there, how its choices are told apart, and what staff reads of what failed (WDR)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import clock, formats
from core.money import Money, dollars
from finance.models import PayoutDetails, TopUp, Withdrawal
from finance.problems import WORDS, in_words
from finance.queries import withdrawable
from finance.rules import BOUND_FOR, DECISION_REASON_MOST, LIMITED_TO, payment_date
from finance.steps import batches, top_ups
from orders.models import Status
from tests.finance.cards import an_earner, asked_for, by_card, claimed, session_of
from tests.stage import Stage, give
from tests.withdrawing import DAY, approved, ask

WITHDRAW = "/balance/withdraw/"
FORM = "How much, and where to"
pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-02")]


def _page(client: Client, user: User, **typed: str) -> str:
    client.force_login(user)
    return client.get(WITHDRAW, typed).content.decode()


def _by_paypal(user: User, amount: Money, *, now: datetime) -> TopUp:
    top_up = asked_for(user, amount, now=now)
    said = {"method": "paypal", "brand": "", "last4": "", "fingerprint": ""}
    top_ups.learn(str(top_up.session_id), session_of(top_up, **said), now)
    top_up.refresh_from_db()
    return top_up


@pytest.fixture
def earner(sam: User, now: datetime) -> User:
    return an_earner(sam, now=now)


def test_where_earnings_cannot_go_yet_there_is_no_form_but_the_reason(client: Client, stage: Stage) -> None:
    stage.an_order(at=Status.COMPLETED)
    for typed in ({}, {"route": "earnings", "amount": "20"}):
        text = _page(client, stage.seller, **typed)
        assert FORM not in text
        assert "Sign a tax form first" in text
        assert "Name the card that money is paid out to." in text
        assert "your payout card" not in text


def test_what_a_card_paid_in_can_go_back_while_earnings_cannot(client: Client, bea: User) -> None:
    now = clock.now()
    give(bea, dollars(50), now=now)
    by_card(bea, dollars(30), now=now - BOUND_FOR - DAY)
    text = _page(client, bea)
    assert "Visa •••• 4242: up to $30.00" in text
    assert "your payout card" not in text
    assert [each.route for each in withdrawable.usable(bea, withdrawable.sources(bea, now), now)] == ["card-one card"]


def test_less_than_the_least_sum_is_said_instead_of_a_form(client: Client, earner: User, now: datetime) -> None:
    ask(earner, dollars(95), now=now)
    text = _page(client, earner)
    assert FORM not in text
    assert "The least you can withdraw is $10." in text


def test_after_a_used_up_limit_there_is_no_form(client: Client, earner: User) -> None:
    now = clock.now()
    give(earner, dollars(100), now=now)
    PayoutDetails.objects.update(changed_at=now - DAY, limited_since=now - DAY)
    ask(earner, LIMITED_TO - dollars(5), now=now)
    text = _page(client, earner)
    assert FORM not in text
    assert "$5.00 of that is left" in text


def test_a_bank_that_takes_a_payment_back_shuts_every_way(earner: User, now: datetime) -> None:
    lot = by_card(earner, dollars(30), now=now)
    later = now + BOUND_FOR + DAY
    assert len(withdrawable.usable(earner, withdrawable.sources(earner, later), later)) == 2
    claimed(lot, now=later)
    assert withdrawable.usable(earner, withdrawable.sources(earner, later), later) == []


def test_payments_that_go_back_each_on_their_own_are_told_apart(client: Client, bea: User) -> None:
    now = clock.now()
    paid_in = [
        _by_paypal(bea, dollars(amount), now=now - BOUND_FOR - DAY * days) for amount, days in ((20, 9), (30, 2))
    ]
    text = _page(client, bea)
    for top_up in paid_in:
        words = f"PayPal, ${top_up.amount} paid in on {formats.moment(top_up.at)}"
        assert f"{words}: up to ${top_up.amount}" in text


def test_payments_of_one_sum_in_one_minute_are_told_apart_by_their_numbers(client: Client, bea: User) -> None:
    at = clock.now().replace(hour=12, minute=0, second=0) - BOUND_FOR - 9 * DAY
    first, second = (_by_paypal(bea, dollars(42), now=at) for _time in range(2))
    other = _by_paypal(bea, dollars(42), now=at + DAY / 2)
    text = _page(client, bea)
    for top_up in (first, second):
        assert f"PayPal, $42.00 paid in on {formats.moment(top_up.at)} (top-up {top_up.pk}): up to $42.00" in text
    assert f"PayPal, $42.00 paid in on {formats.moment(other.at)}: up to $42.00" in text
    labels = [source.label for source in withdrawable.sources(bea, clock.now())]
    assert len(set(labels)) == len(labels)


def test_what_was_sent_is_not_repeated_however_long(client: Client, earner: User) -> None:
    client.force_login(earner)
    text = client.post(WITHDRAW, {"route": "x" * 5000, "amount": "40"}).content.decode()
    assert "xxx" not in text
    assert "Choose one of those that are offered." in text


def test_a_field_that_nobody_sees_is_no_place_to_look_at(client: Client, earner: User) -> None:
    client.force_login(earner)
    sent = {"route": "earnings", "amount": "40", "net": "38.20", "newest": "many"}
    text = client.post(WITHDRAW, sent).content.decode()
    assert "This was not done. What you entered is kept." in text
    assert "Load the page again and try once more." in text
    assert "Please look at these places" not in text
    assert not Withdrawal.objects.exists()


@pytest.mark.rule("WDR-03")
def test_a_reason_that_is_too_long_is_called_so(client: Client, earner: User, mo: User, now: datetime) -> None:
    (withdrawal,) = ask(earner, dollars(40), now=now)
    batches.gather(withdrawal.pk, payment_date(now))
    client.force_login(mo)
    for reason in ("", "x" * (DECISION_REASON_MOST + 1)):
        answer = client.post(reverse("payout-reject", args=[withdrawal.pk]), {"reason": reason}, follow=True)
        assert f"Not rejected. Give a reason, of at most {DECISION_REASON_MOST} characters." in answer.content.decode()
    withdrawal.refresh_from_db()
    assert withdrawal.status == "batched"


@pytest.mark.rule("WDR-03")
def test_staff_reads_sentences_for_what_the_provider_calls_its_reasons(
    client: Client, earner: User, mo: User, now: datetime
) -> None:
    (withdrawal,) = ask(earner, dollars(40), now=now)
    going = {"status": "sending", "batch": approved(now), "batch_due_at": None, "next_try_at": now}
    Withdrawal.objects.update(**going, last_problem="no_account")
    withdrawal.refresh_from_db()
    assert withdrawal.batch is not None
    client.force_login(mo)
    text = client.get(withdrawal.batch.get_absolute_url()).content.decode()
    assert "The bank finds no account for this card." in text
    assert "no_account" not in text


def test_a_reason_without_words_is_named_and_none_is_nothing() -> None:
    assert in_words("") == ""
    assert in_words("brand_new") == "The payment service says: brand_new"
    assert all(str(words).endswith(".") for words in WORDS.values())


@pytest.mark.rule("FIN-03")
def test_the_movements_of_a_claim_lead_to_the_payment_it_is_about(
    client: Client, earner: User, sten: User, now: datetime
) -> None:
    lot = by_card(earner, dollars(30), now=now)
    assert lot.top_up
    chargeback = claimed(lot, now=now)
    client.force_login(earner)
    here = reverse("chargeback", args=[chargeback.pk])
    assert f'href="{here}"' in client.get("/balance/").content.decode()
    where = f"{lot.top_up.get_absolute_url()}#chargeback-{chargeback.pk}"
    assert client.get(here).headers["Location"] == where
    assert f'id="chargeback-{chargeback.pk}"' in client.get(lot.top_up.get_absolute_url()).content.decode()
    client.force_login(sten)
    assert client.get(here).status_code == 404
