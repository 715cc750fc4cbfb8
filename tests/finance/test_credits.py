"""What becomes of a payment by card as the provider tells of it, and what is kept and recorded of it (FIN-02, FIN-03)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger, provider
from finance.models import Entry, TopUp
from finance.rules import CHECK_AFTER, TOP_UP_LEAST, TOP_UP_MOST, TOP_UP_OPEN_FOR
from finance.steps import top_ups
from tests.finance.cards import asked_for, session_of
from tests.finance.records import recorded

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-02")]


@pytest.fixture
def top_up(bea: User, now: datetime) -> TopUp:
    return asked_for(bea, dollars(25), now=now)


def told(top_up: TopUp, now: datetime, *, failed: bool = False, **said: Any) -> TopUp:
    found = top_ups.learn(str(top_up.session_id), session_of(top_up, **said), now, failed=failed)
    assert found is not None
    return TopUp.objects.get(pk=top_up.pk)


def test_a_credit_keeps_what_paid_it(top_up: TopUp, bea: User, now: datetime) -> None:
    TopUp.objects.update(last_problem="declined before")
    kept = told(top_up, now + HOUR)
    assert (kept.status, kept.settled_at, kept.check_due_at, kept.last_problem) == ("paid", now + HOUR, None, "")
    assert (kept.payment_intent, kept.charge_id) == (f"pi_{top_up.pk}", f"ch_{top_up.pk}")
    assert (kept.method, kept.brand, kept.last4, kept.fingerprint) == ("card", "visa", "4242", "one card")
    assert recorded(kept) == [("top_up.paid", None, now + HOUR, {"amount_cents": 2500})]
    entry = Entry.objects.get()
    assert (entry.key, entry.verb, entry.reference) == (f"top_up:{top_up.pk}:credit", "top_up", top_up.reference)
    assert (entry.at, entry.by) == (now + HOUR, None)
    assert ledger.balance(ledger.main_of(bea)) == dollars(25)
    assert ledger.balance(ledger.PROVIDER) == -dollars(25)


@pytest.mark.rule("FIN-03")
@pytest.mark.parametrize(
    ("said", "got"),
    [
        ({"amount": dollars(24)}, "24.00 usd"),
        ({"currency": "eur"}, "25.00 eur"),
        ({"amount": dollars(26)}, "26.00 usd"),
    ],
)
def test_another_sum_waits_for_staff(top_up: TopUp, now: datetime, said: dict[str, Any], got: str) -> None:
    kept = told(top_up, now, **said)
    assert (kept.status, kept.settled_at, kept.check_due_at) == ("questioned", now, None)
    assert (kept.payment_intent, kept.charge_id, kept.last4) == (f"pi_{top_up.pk}", f"ch_{top_up.pk}", "4242")
    assert kept.last_problem == f"paid {got}, asked for 25.00 usd"
    assert recorded(kept) == [("top_up.questioned", None, now, {"amount_cents": 2500})]
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("said", "failed", "status"),
    [
        ({"state": "open", "paid": False}, False, "open"),
        ({"state": "open"}, False, "open"),
        ({"state": "complete", "paid": False}, False, "processing"),
        ({"state": "complete"}, False, "paid"),
        ({"state": "complete"}, True, "paid"),  # what was refused before has been paid after all
        ({"state": "complete", "paid": False}, True, "abandoned"),
        ({"state": "expired", "paid": False}, False, "abandoned"),
        ({"state": "expired"}, False, "abandoned"),
        ({"state": "open", "paid": False}, True, "abandoned"),
    ],
)
def test_where_a_payment_stands_after_the_providers_word(
    top_up: TopUp, now: datetime, said: dict[str, Any], failed: bool, status: str
) -> None:
    assert told(top_up, now, failed=failed, **said).status == status
    assert Entry.objects.exists() == (status == "paid")


def test_a_session_that_the_provider_does_not_know_is_given_up(top_up: TopUp, now: datetime) -> None:
    found = top_ups.learn(str(top_up.session_id), None, now)
    assert found is not None
    assert recorded(found) == [("top_up.abandoned", None, now, {"amount_cents": 2500})]


def test_a_payment_on_its_way_is_still_watched(top_up: TopUp, now: datetime) -> None:
    kept = told(top_up, now, paid=False)
    assert (kept.settled_at, kept.check_due_at) == (None, now)


def test_a_session_of_nobody_is_left_alone(top_up: TopUp, now: datetime) -> None:
    assert top_ups.learn("cs_unknown", session_of(top_up), now) is None
    assert TopUp.objects.get().status == "open"


def test_paying_goes_on_with_the_payment_that_was_chosen(
    bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, other = asked_for(bea, dollars(25), now=now), asked_for(bea, dollars(30), now=now)
    says = {each.session_id: session_of(each, state="open", paid=False) for each in (chosen, other)}
    monkeypatch.setattr(provider, "retrieve_checkout", lambda session_id: says[session_id])
    assert top_ups.proceed(chosen.pk, by=bea, now=now) == chosen
    assert top_ups.proceed(other.pk, by=bea, now=now) == other


@pytest.mark.parametrize("amount", [TOP_UP_LEAST, TOP_UP_MOST])
def test_the_bounds_themselves_can_be_paid(
    bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch, amount: Money
) -> None:
    monkeypatch.setattr(provider, "create_checkout", lambda top_up, **_where: session_of(top_up, id="cs_new"))
    assert top_ups.begin(bea, amount, by=bea, now=now).amount == amount


def test_only_the_very_same_request_is_taken_up(
    bea: User, sam: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "create_checkout", lambda top_up, **_where: session_of(top_up, id=f"cs_{top_up.pk}"))
    wanted = {"user": bea, "amount": dollars(25), "return_to": "/orders/"}
    for other in ({"user": sam}, {"amount": dollars(30)}, {"return_to": ""}, {"session_id": "cs_known"}):
        TopUp.objects.create(**{**wanted, **other}, at=now, check_due_at=now)
    made = top_ups.begin(bea, dollars(25), return_to="/orders/", by=bea, now=now)
    assert (made.user, made.amount, made.return_to, TopUp.objects.count()) == (bea, dollars(25), "/orders/", 5)
    TopUp.objects.filter(pk=made.pk).update(session_id=None)
    assert top_ups.begin(bea, dollars(25), return_to="/orders/", by=bea, now=now) == made


class TestLooking:
    """The timer of a payment that nothing is heard of."""

    def test_each_look_sets_the_next(self, top_up: TopUp, now: datetime) -> None:
        TopUp.objects.update(check_due_at=now + CHECK_AFTER[0])
        with pytest.raises(OutOfTurn, match="not time"):
            top_ups.due_for_a_look(top_up.pk, now + CHECK_AFTER[0] - INSTANT)
        assert top_ups.due_for_a_look(top_up.pk, now + CHECK_AFTER[0]) == top_up.session_id
        assert TopUp.objects.get().check_due_at == now + CHECK_AFTER[1]

    def test_one_without_a_page_is_given_up_after_a_day(self, top_up: TopUp, now: datetime) -> None:
        TopUp.objects.update(session_id=None)
        assert top_ups.due_for_a_look(top_up.pk, now + TOP_UP_OPEN_FOR - INSTANT) == ""
        assert TopUp.objects.get().status == "open"
        TopUp.objects.update(check_due_at=now)
        assert top_ups.due_for_a_look(top_up.pk, now + TOP_UP_OPEN_FOR) == ""
        kept = TopUp.objects.get()
        assert (kept.status, kept.settled_at) == ("abandoned", now + TOP_UP_OPEN_FOR)

    def test_one_with_a_page_is_for_the_provider_to_end(self, top_up: TopUp, now: datetime) -> None:
        top_ups.due_for_a_look(top_up.pk, now + 2 * TOP_UP_OPEN_FOR)
        assert TopUp.objects.get().status == "open"

    def test_a_finished_one_is_never_due(self, top_up: TopUp, now: datetime) -> None:
        told(top_up, now)
        with pytest.raises(OutOfTurn):
            top_ups.due_for_a_look(top_up.pk, now + HOUR)


@pytest.mark.rule("FIN-03")
class TestDeciding:
    """What did not fit is for staff."""

    @pytest.fixture
    def questioned(self, top_up: TopUp, now: datetime, monkeypatch: pytest.MonkeyPatch) -> TopUp:
        """Another sum came; asked anew, the provider knows of nothing."""
        monkeypatch.setattr(provider, "retrieve_checkout", lambda _session_id: None)
        return told(top_up, now, amount=dollars(24))

    @pytest.fixture
    def decider(self, ada: User) -> User:
        ada.user_permissions.add(Permission.objects.get(codename="change_topup"))
        return User.objects.get(pk=ada.pk)

    def test_reopened_it_is_asked_about_at_once(self, questioned: TopUp, decider: User, now: datetime) -> None:
        top_ups.reopen(questioned.pk, " Mended. ", by=decider, now=now + HOUR)
        kept = TopUp.objects.get()
        assert (kept.status, kept.settled_at, kept.check_due_at) == ("processing", None, now + HOUR)
        facts = {"amount_cents": 2500, "reason": "Mended."}
        assert recorded(kept)[-1] == ("top_up.reopened", decider.pk, now + HOUR, facts)
        assert told(top_up=kept, now=now + HOUR).status == "paid"

    def test_closed_it_moves_no_money(self, questioned: TopUp, decider: User, bea: User, now: datetime) -> None:
        top_ups.close(questioned.pk, "Nothing came.", by=decider, now=now + HOUR)
        kept = TopUp.objects.get()
        assert (kept.status, kept.settled_at, kept.check_due_at) == ("abandoned", now + HOUR, None)
        facts = {"amount_cents": 2500, "reason": "Nothing came."}
        assert recorded(kept)[-1] == ("top_up.closed", decider.pk, now + HOUR, facts)
        assert ledger.balance(ledger.main_of(bea)) == ZERO

    def test_who_may(self, questioned: TopUp, decider: User, mo: User, sten: User) -> None:
        assert top_ups.may_decide(questioned, decider)
        assert not top_ups.may_decide(questioned, sten)
        questioned.user = mo
        assert not top_ups.may_decide(questioned, mo)

    def test_nothing_else_is_decided(self, top_up: TopUp, decider: User, now: datetime) -> None:
        assert not top_ups.may_decide(top_up, decider)
        with pytest.raises(OutOfTurn, match="Waiting for payment"):
            top_ups.close(top_up.pk, "Gone.", by=decider, now=now)

    def test_not_without_right_or_reason_and_not_ones_own(
        self, questioned: TopUp, decider: User, sten: User, now: datetime
    ) -> None:
        with pytest.raises(NotAllowed, match="Only staff"):
            top_ups.close(questioned.pk, "Gone.", by=sten, now=now)
        with pytest.raises(Invalid):
            top_ups.close(questioned.pk, "", by=decider, now=now)
        User.objects.filter(pk=questioned.user_id).update(is_staff=True, is_superuser=True)
        with pytest.raises(NotAllowed, match="somebody else"):
            top_ups.close(questioned.pk, "Gone.", by=User.objects.get(pk=questioned.user_id), now=now)
        assert TopUp.objects.get().status == "questioned"
