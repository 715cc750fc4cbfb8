"""Adding money by card, against the real sandbox process (FIN-02, FIN-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from core.events import timeline
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, OutOfTurn
from finance import ledger
from finance.forms import TopUpForm
from finance.models import Entry, TopUp, TopUpStatus
from finance.provider import PaymentSession, ProviderDown
from finance.provider.client import client
from finance.rules import CHECK_AFTER, CHECK_EVERY, TOP_UP_MOST, next_check
from finance.steps import top_ups
from finance.tasks import look_again, settle_top_up
from tests.payments import EXPIRED, Payments

DECLINED = "4000 0000 0000 0002"


@pytest.fixture
def top_up(bea: User, payments: Payments, now: datetime) -> TopUp:
    return top_ups.begin(bea, dollars(25), by=bea, now=now)


def _settled(top_up: TopUp, now: datetime) -> TopUp:
    assert top_up.session_id
    settled = top_ups.settle(top_up.session_id, now)
    assert settled is not None
    return settled


def _main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def _kinds(top_up: TopUp) -> list[str]:
    return [event.kind for event in timeline(top_up)]


@pytest.mark.rule("FIN-02")
def test_a_top_up_leads_to_the_payment_page(top_up: TopUp, payments: Payments) -> None:
    assert top_up.status == TopUpStatus.OPEN
    assert top_up.payment_url.startswith(payments.sandbox.url)
    assert _main(top_up.user) == ZERO


@pytest.mark.rule("FIN-02")
def test_a_paid_top_up_is_credited_once_however_often_it_is_settled(
    top_up: TopUp, payments: Payments, now: datetime
) -> None:
    payments.pay(top_up)
    for _ in range(3):
        assert _settled(top_up, now).status == TopUpStatus.PAID
    assert _main(top_up.user) == dollars(25)
    assert ledger.balance(ledger.PROVIDER) == -dollars(25)
    assert _kinds(top_up) == ["top_up.opened", "top_up.paid"]
    entry = Entry.objects.get()
    assert (entry.key, entry.reference) == (f"top_up:{top_up.pk}:credit", f"top-up:{top_up.pk}")
    top_up.refresh_from_db()
    assert top_up.payment_intent.startswith("pi_")
    assert (top_up.settled_at, top_up.check_due_at) == (now, None)


@pytest.mark.rule("FIN-02")
@pytest.mark.parametrize("cents", [99, 0, -2500, TOP_UP_MOST.cents + 1])
def test_a_sum_out_of_bounds_is_refused(bea: User, payments: Payments, now: datetime, cents: int) -> None:
    with pytest.raises(Invalid, match=r"between \$1 and \$10,000"):
        top_ups.begin(bea, Money(cents), by=bea, now=now)
    assert not TopUp.objects.exists()


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "orders/", "javascript:alert(1)"])
def test_the_way_back_stays_on_this_site(bea: User, payments: Payments, now: datetime, path: str) -> None:
    with pytest.raises(ValueError, match="no path of this site"):
        top_ups.begin(bea, dollars(5), return_to=path, by=bea, now=now)


@pytest.mark.rule("FIN-03")
def test_a_declined_card_moves_nothing_and_another_one_pays(top_up: TopUp, payments: Payments, now: datetime) -> None:
    assert payments.pay(top_up, DECLINED).status == 402
    assert _settled(top_up, now).status == TopUpStatus.OPEN
    assert _main(top_up.user) == ZERO
    payments.pay(top_up)
    assert _settled(top_up, now).status == TopUpStatus.PAID
    assert _main(top_up.user) == dollars(25)


@pytest.mark.rule("FIN-03")
def test_an_abandoned_top_up_is_visible_and_leaves_no_money(top_up: TopUp, payments: Payments, now: datetime) -> None:
    payments.expire(top_up)
    assert _settled(top_up, now).status == TopUpStatus.ABANDONED
    assert _settled(top_up, now).status == TopUpStatus.ABANDONED
    assert _main(top_up.user) == ZERO
    assert _kinds(top_up) == ["top_up.opened", "top_up.abandoned"]


@pytest.mark.rule("FIN-02")
def test_a_late_payment_still_counts(top_up: TopUp, payments: Payments, now: datetime) -> None:
    """Our side gave it up, the provider took the money all the same."""
    assert top_up.session_id
    top_ups.learn(top_up.session_id, None, now)
    payments.pay(top_up)
    assert _settled(top_up, now).status == TopUpStatus.PAID
    assert _main(top_up.user) == dollars(25)
    assert _kinds(top_up) == ["top_up.opened", "top_up.abandoned", "top_up.paid"]


@pytest.mark.rule("FIN-03")
@pytest.mark.parametrize(("cents", "currency"), [(2400, "usd"), (2600, "usd"), (2500, "eur"), (0, "usd")])
def test_another_sum_than_asked_for_is_not_credited(top_up: TopUp, now: datetime, cents: int, currency: str) -> None:
    assert top_up.session_id
    session = PaymentSession(top_up.session_id, "", "complete", True, Money(cents), currency, "pi_1")
    for _ in range(2):
        settled = top_ups.learn(top_up.session_id, session, now)
        assert settled is not None
        assert settled.status == TopUpStatus.QUESTIONED
        assert str(Money(cents)) in settled.last_problem
    assert _main(top_up.user) == ZERO
    assert not Entry.objects.exists()
    assert _kinds(top_up) == ["top_up.opened", "top_up.questioned"]


@pytest.mark.rule("FIN-02")
def test_a_payment_on_its_way_is_credited_when_it_has_come(top_up: TopUp, payments: Payments, now: datetime) -> None:
    assert top_up.session_id
    on_its_way = PaymentSession(top_up.session_id, "", "complete", False, dollars(25), "usd", "pi_1")
    settled = top_ups.learn(top_up.session_id, on_its_way, now)
    assert settled is not None
    assert settled.status == TopUpStatus.PROCESSING
    assert _main(top_up.user) == ZERO
    payments.pay(top_up)
    assert _settled(top_up, now).status == TopUpStatus.PAID
    assert _main(top_up.user) == dollars(25)


@pytest.mark.rule("FIN-03")
def test_a_payment_on_its_way_that_is_refused_in_the_end_is_abandoned(top_up: TopUp, now: datetime) -> None:
    assert top_up.session_id
    unpaid = PaymentSession(top_up.session_id, "", "complete", False, dollars(25), "usd", "pi_1")
    top_ups.learn(top_up.session_id, unpaid, now)
    settled = top_ups.learn(top_up.session_id, unpaid, now, failed=True)
    assert settled
    assert settled.status == TopUpStatus.ABANDONED
    assert _main(top_up.user) == ZERO


def test_a_session_that_is_none_of_ours_changes_nothing(payments: Payments, db: None, now: datetime) -> None:
    assert top_ups.settle("cs_test_somebody_elses", now) is None
    assert not Entry.objects.exists()


@pytest.mark.rule("FIN-03")
def test_with_the_provider_down_the_request_stays_and_is_taken_up(bea: User, payments: Payments, now: datetime) -> None:
    payments.fail()
    with pytest.raises(ProviderDown, match="Nothing was charged"):
        top_ups.begin(bea, dollars(25), return_to="/checkout/1/", by=bea, now=now)
    kept = TopUp.objects.get()
    assert (kept.status, kept.session_id, kept.payment_url) == (TopUpStatus.OPEN, None, "")
    again = top_ups.begin(bea, dollars(25), return_to="/checkout/1/", by=bea, now=now)
    assert again.pk == kept.pk
    assert again.payment_url
    other = top_ups.begin(bea, dollars(25), return_to="/checkout/1/", by=bea, now=now)
    assert other.pk != kept.pk


@pytest.mark.rule("FIN-02")
def test_an_answer_that_got_lost_opens_no_second_payment_page(bea: User, payments: Payments, now: datetime) -> None:
    payments.fail(after=True)
    with pytest.raises(ProviderDown):
        top_ups.begin(bea, dollars(25), by=bea, now=now)
    top_up = top_ups.proceed(TopUp.objects.get().pk, by=bea, now=now)
    sessions = client().v1.checkout.sessions.list()
    assert [session.id for session in sessions.data] == [top_up.session_id]


@pytest.mark.rule("FIN-03")
def test_with_the_provider_down_nothing_is_settled_and_nothing_lost(
    top_up: TopUp, payments: Payments, now: datetime
) -> None:
    payments.pay(top_up)
    payments.fail()
    with pytest.raises(ProviderDown):
        _settled(top_up, now)
    top_up.refresh_from_db()
    assert top_up.status == TopUpStatus.OPEN
    assert _main(top_up.user) == ZERO
    assert _settled(top_up, now).status == TopUpStatus.PAID


@pytest.mark.rule("FIN-03")
def test_a_provider_that_is_gone_is_a_refusal_too(top_up: TopUp, settings: object, now: datetime) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    with pytest.raises(ProviderDown):
        _settled(top_up, now)


def test_the_provider_is_never_asked_inside_a_transaction(top_up: TopUp, now: datetime) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        _settled(top_up, now)


def test_paying_goes_on_at_the_same_page(top_up: TopUp, now: datetime) -> None:
    assert top_ups.proceed(top_up.pk, by=top_up.user, now=now).payment_url == top_up.payment_url


@pytest.mark.rule("FIN-02")
def test_a_paid_or_abandoned_top_up_cannot_be_paid_again(top_up: TopUp, payments: Payments, now: datetime) -> None:
    payments.pay(top_up)
    with pytest.raises(OutOfTurn, match="Paid"):
        top_ups.proceed(top_up.pk, by=top_up.user, now=now)
    assert _main(top_up.user) == dollars(25)


def test_somebody_elses_top_up_cannot_be_paid(top_up: TopUp, sten: User, now: datetime) -> None:
    with pytest.raises(TopUp.DoesNotExist):
        top_ups.proceed(top_up.pk, by=sten, now=now)


class TestLostWebhooks:
    """The timer that asks the provider when it says nothing."""

    @pytest.mark.rule("FIN-02")
    def test_a_lost_webhook_is_made_up_for(
        self, top_up: TopUp, payments: Payments, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payments.pay(top_up)
        later = now + CHECK_AFTER[0]
        asked: list[str] = []
        monkeypatch.setattr(settle_top_up, "delay", asked.append)
        look_again(top_up.pk, later)
        assert asked == [top_up.session_id]
        settle_top_up(asked[0])
        assert _main(top_up.user) == dollars(25)

    def test_it_is_no_bother_while_the_provider_is_down(self, top_up: TopUp, payments: Payments) -> None:
        assert top_up.session_id
        payments.fail()
        settle_top_up(top_up.session_id)
        assert _main(top_up.user) == ZERO

    def test_it_is_refused_before_its_time_and_after_the_end(
        self, top_up: TopUp, payments: Payments, now: datetime
    ) -> None:
        with pytest.raises(OutOfTurn):
            top_ups.due_for_a_look(top_up.pk, now)
        payments.expire(top_up)
        _settled(top_up, now)
        with pytest.raises(OutOfTurn):
            top_ups.due_for_a_look(top_up.pk, now + CHECK_AFTER[-1])

    def test_it_waits_longer_each_time(self, top_up: TopUp, now: datetime) -> None:
        moments: list[timedelta] = []
        at = top_up.check_due_at
        while at and len(moments) < len(CHECK_AFTER) + 2:
            moments.append(at - now)
            top_ups.due_for_a_look(top_up.pk, at)
            top_up.refresh_from_db()
            at = top_up.check_due_at
        last = CHECK_AFTER[-1]
        assert moments == [*CHECK_AFTER, last + CHECK_EVERY, last + 2 * CHECK_EVERY]

    def test_after_a_standstill_it_looks_once_and_not_for_every_missed_time(self, now: datetime) -> None:
        assert next_check(now, now + timedelta(days=3)) == now + timedelta(days=3) + CHECK_EVERY

    @pytest.mark.rule("FIN-03")
    def test_one_that_never_got_a_payment_page_is_given_up_after_a_day(
        self, bea: User, payments: Payments, now: datetime
    ) -> None:
        payments.fail()
        with pytest.raises(ProviderDown):
            top_ups.begin(bea, dollars(25), by=bea, now=now)
        pk = TopUp.objects.get().pk
        assert top_ups.due_for_a_look(pk, now + CHECK_AFTER[0]) == ""
        assert TopUp.objects.get().status == TopUpStatus.OPEN
        top_ups.due_for_a_look(pk, now + CHECK_AFTER[-1])
        assert TopUp.objects.get().status == TopUpStatus.ABANDONED


def test_an_expired_session_is_told_by_a_webhook(
    top_up: TopUp, payments: Payments, client: Client, now: datetime
) -> None:
    payments.expire(top_up)
    assert payments.deliver(client, payments.told(EXPIRED)).status_code == 200
    top_up.refresh_from_db()
    assert top_up.status == TopUpStatus.ABANDONED


def test_a_way_back_too_long_to_be_kept_does_not_stand_in_the_way() -> None:
    form = TopUpForm({"amount": "25", "next": "/" + "x" * 300})
    assert form.is_valid()
    assert form.cleaned_data["next"] == ""
