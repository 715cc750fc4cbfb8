"""Letters: sent once, tried again, given up, in the words and the zone of who gets them."""

from __future__ import annotations

import smtplib
import time
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from accounts.models import User
from marketplace.schedule import SWEEPS
from notifications import letters, tasks
from notifications.models import Letter, Notice
from notifications.rules import LETTER_TRIES, LETTER_WAITS, QUOTING_KINDS
from tests.core.threads import at_once
from tests.notifications.conftest import ORDER_URL, Telling
from tests.notifications.samples import SAMPLES

SWEEP = next(sweep for sweep in SWEEPS if sweep.verb is letters.send)
DAY = timedelta(days=1)


def refuse(_mail: EmailMultiAlternatives, fail_silently: bool = False) -> int:
    raise smtplib.SMTPServerDisconnected("gone")


def test_a_letter_is_sent_once(letter: Letter, now: datetime) -> None:
    letters.send(letter.pk, now)
    letters.send(letter.pk, now)
    letter.refresh_from_db()
    assert (letter.sent_at, letter.due_at, letter.tries) == (now, None, 1)
    assert len(mail.outbox) == 1


def test_a_letter_that_is_not_due_waits(letter: Letter, now: datetime) -> None:
    letters.send(letter.pk, now - timedelta(seconds=1))
    assert not mail.outbox


def test_the_task_sends_what_is_due(letter: Letter) -> None:
    tasks.send_letter(letter.pk)
    assert len(mail.outbox) == 1


@pytest.mark.rule("MSG-05")
def test_a_letter_whose_message_was_lost_is_found_by_the_sweep(letter: Letter, now: datetime) -> None:
    assert SWEEP.run(now) == 1
    assert SWEEP.run(now + DAY) == 0
    assert len(mail.outbox) == 1


def test_a_letter_the_server_does_not_take_is_tried_again_ever_later(
    letter: Letter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(EmailMultiAlternatives, "send", refuse)
        for tries, wait in enumerate(LETTER_WAITS, start=1):
            SWEEP.run(now)
            letter.refresh_from_db()
            assert (letter.tries, letter.due_at, letter.sent_at) == (tries, now + wait, None)
            now += wait
    SWEEP.run(now)
    letter.refresh_from_db()
    assert (letter.tries, letter.due_at, letter.sent_at) == (LETTER_TRIES, None, now)
    assert len(mail.outbox) == 1


def test_a_letter_that_nobody_takes_is_given_up_with_an_error_in_the_log(
    letter: Letter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    with capture_logs() as lines:
        for _ in range(LETTER_TRIES + 2):
            now += DAY
            SWEEP.run(now)
    letter.refresh_from_db()
    assert (letter.tries, letter.due_at, letter.sent_at) == (LETTER_TRIES, None, None)
    assert [line["letter"] for line in lines if line["log_level"] == "error"] == [letter.pk]


def test_one_letter_that_cannot_be_written_holds_up_no_other(told: Telling, now: datetime) -> None:
    broken, fine = told(), told()
    Notice.objects.filter(pk=broken.pk).update(facts={"due_at": "no time at all"})
    SWEEP.run(now)
    assert Letter.objects.get(sent_at__isnull=False).notice == fine


def test_a_letter_that_cannot_be_written_is_given_up_in_the_end(letter: Letter, now: datetime) -> None:
    Notice.objects.filter(pk=letter.notice_id).update(facts={"due_at": "no time at all"})
    for _ in range(LETTER_TRIES + 2):
        now += DAY
        SWEEP.run(now)
    letter.refresh_from_db()
    assert (letter.tries, letter.due_at, letter.sent_at) == (LETTER_TRIES, None, None)


@pytest.mark.parametrize("kind", sorted(QUOTING_KINDS))
def test_only_a_confirmed_address_gets_what_others_wrote(kind: str, told: Telling, bea: User) -> None:
    notice = told(kind=kind)
    Notice.objects.filter(pk=notice.pk).update(facts={**notice.facts, "text": "Buy pills."})
    notice.refresh_from_db()
    addresses = EmailAddress.objects.filter(user=bea)
    addresses.delete()
    composed = letters.compose(notice)
    assert "Buy pills." not in str(composed.message())
    EmailAddress.objects.create(user=bea, email=bea.email, verified=True, primary=True)
    assert "Buy pills." in str(letters.compose(notice).body)


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("MSG-05")
def test_two_workers_at_once_send_a_letter_once(letter: Letter, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = slow_server(monkeypatch)
    at_once(*[lambda: letters.send(letter.pk, now)] * 2)
    assert len(sent) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_workers_send_it_twice_under_one_message_id(
    letter: Letter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control; and what a mailbox then sees is the same letter twice."""
    sent = slow_server(monkeypatch)
    manager = type(Letter.objects)
    monkeypatch.setattr(manager, "select_for_update", lambda self, **_options: self.all())
    at_once(*[lambda: letters.send(letter.pk, now)] * 2)
    assert len(sent) == 2
    assert len({each.extra_headers["Message-ID"] for each in sent}) == 1


def slow_server(monkeypatch: pytest.MonkeyPatch) -> list[EmailMultiAlternatives]:
    """A mail server that takes its time over each letter."""
    sent: list[EmailMultiAlternatives] = []

    def take(each: EmailMultiAlternatives, fail_silently: bool = False) -> int:
        time.sleep(0.2)
        sent.append(each)
        return 1

    monkeypatch.setattr(EmailMultiAlternatives, "send", take)
    return sent


def test_a_letter_goes_to_the_account_and_says_it_was_not_typed(letter: Letter, settings: Settings) -> None:
    settings.SITE_URL = "https://workhall.example"
    message = letters.compose(letter.notice).message()
    assert message["To"] == "bea@example.org"
    assert message["Reply-To"] == "support@localhost"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<notice-{letter.notice_id}-{letter.notice.event_id}@workhall.example>"
    assert parsedate_to_datetime(message["Date"])


def test_text_and_html_say_the_same_and_lead_to_the_same_page(letter: Letter, settings: Settings) -> None:
    settings.SITE_URL = "https://workhall.example"
    composed = letters.compose(letter.notice)
    [(html, kind)] = composed.alternatives
    text = str(composed.body)
    assert kind == "text/html"
    assert "“A logo & <more>”" in text
    assert "“A logo &amp; &lt;more&gt;”" in str(html)
    for half in (text, str(html)):
        assert "write to support@localhost" in half
        assert f"https://workhall.example{ORDER_URL}" in half
        assert "Hello Bea Buyer," in half


def test_a_letter_writes_times_in_the_zone_of_who_gets_it(bea: User, letter: Letter) -> None:
    User.objects.filter(pk=bea.pk).update(time_zone="America/New_York")
    notice = Notice.objects.select_related("user").get(pk=letter.notice_id)
    assert "Mar 5, 2026, 4:00 AM EST" in str(letters.compose(notice).body)


def test_a_zone_that_is_none_does_not_keep_a_letter_back(bea: User, letter: Letter) -> None:
    User.objects.filter(pk=bea.pk).update(time_zone="Mars/Olympus")
    notice = Notice.objects.select_related("user").get(pk=letter.notice_id)
    assert "Mar 5, 2026, 9:00 AM UTC" in str(letters.compose(notice).body)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_every_kind_makes_a_whole_letter(kind: str, told: Telling) -> None:
    composed = letters.compose(told(kind=kind))
    composed.message()
    assert composed.subject
    assert "{{" not in str(composed.body)
    assert "{%" not in str(composed.alternatives[0][0])
