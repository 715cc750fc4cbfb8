"""What is told of a withdrawal is so when it is told: when it was approved, whether it has arrived (WDR-02, WDR-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import handing
from core.money import dollars
from finance.models import Withdrawal
from finance.provider.paying_out import Under
from finance.queries.withdrawal_story import Told, story
from finance.rules import BOUND_FOR, payment_date
from finance.steps import batches, paying_out
from notifications.models import Notice
from notifications.words import Words
from tests.finance.answers import Answers, sending
from tests.finance.cards import an_earner, by_card
from tests.withdrawing import ask, digest_of, let_go

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = "within 10 business days"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers(monkeypatch)
    done = Under("re_1", True, False)
    answers.given |= {"transfer": "tr_1", "pay_out": done, "refund": done, "retrieve_refund": done}
    return answers


def _seen(client: Client, made: Withdrawal) -> tuple[str, str, Words]:
    """Its page, the list, and the words of the notice that it is paid."""
    kept = Withdrawal.objects.get(pk=made.pk)
    assert kept.status == "paid"
    client.force_login(kept.user)
    notice = Notice.objects.get(user=kept.user, kind="withdrawal.paid")
    pages = [client.get(url).content.decode() for url in (kept.get_absolute_url(), reverse("withdrawals"))]
    return pages[0], pages[1], Words(notice.kind, kept.user, notice.facts)


@pytest.mark.rule("WDR-03")
def test_an_approval_is_of_the_moment_when_the_second_of_staff_gave_it(sam: User, mo: User, now: datetime) -> None:
    (made,) = ask(an_earner(sam, now=now), dollars(20), now=now)
    batches.gather(made.pk, payment_date(now))
    made.refresh_from_db()
    assert made.batch is not None
    given = payment_date(now) + HOUR
    ben = User.objects.create_superuser("ben", "ben@example.org")
    for by, at in ((mo, given - HOUR / 2), (ben, given)):
        batches.approve(made.batch.pk, digest=digest_of(made.batch), by=by, now=at)
    let_go(made.batch, now=given + HOUR)
    told = story(Withdrawal.objects.get(pk=made.pk))
    assert [each.at for each in told] == [now, payment_date(now), given]
    assert told[-1] == Told("Approved by two of staff", given, "shield-check", "positive")


@pytest.mark.rule("WDR-02")
def test_what_goes_back_is_sent_and_shows_there_later(
    client: Client, provider: Answers, bea: User, now: datetime
) -> None:
    by_card(bea, dollars(50), now=now)
    later = now + BOUND_FOR
    back = sending(bea, "card-one card", later)
    paying_out.carry_on(back.pk, later)
    handing.hand_on_waiting(now=later)
    page, every, told = _seen(client, back)
    assert f"Sent back to Visa •••• 4242, which shows it {LATER}." in page
    for text in (page, every):
        assert "Sent back" in text
        assert "Paid" not in text
        assert "Arrive" not in text
    assert f"$19.10 was sent back to Visa •••• 4242, which shows it {LATER}." == told.line
    assert LATER in told.body[0]
    assert "arrived" not in " ".join((told.line, told.subject, *told.body))
    assert [each.text for each in story(back)][-1] == f"Sent back to Visa •••• 4242, which shows it {LATER}"


@pytest.mark.rule("WDR-02")
def test_a_refund_that_is_not_confirmed_yet_is_not_promised_within_minutes(
    client: Client, provider: Answers, bea: User, now: datetime
) -> None:
    by_card(bea, dollars(50), now=now)
    back = sending(bea, "card-one card", now + BOUND_FOR)
    provider.given["refund"] = provider.given["retrieve_refund"] = Under("re_1", False, False)
    paying_out.carry_on(back.pk, now + BOUND_FOR)
    client.force_login(bea)
    page = client.get(back.get_absolute_url()).content.decode()
    assert "On its way" in page
    assert f"sending it back to Visa •••• 4242, which shows it {LATER}" in page
    assert "within minutes" not in page


@pytest.mark.rule("WDR-03")
def test_what_is_paid_to_a_debit_card_has_arrived(client: Client, provider: Answers, sam: User, now: datetime) -> None:
    earned = sending(an_earner(sam, now=now), "earnings", now)
    paying_out.carry_on(earned.pk, now)
    handing.hand_on_waiting(now=now)
    page, every, told = _seen(client, earned)
    assert "Arrived" in page
    assert "Arrives at" in page
    assert "Paid" in every
    assert "Sent back" not in page + every
    assert told.line == "$19.10 has arrived at Visa •••• 5556."
    assert told.subject == "$19.10 has arrived"
    assert LATER not in " ".join(told.body)
