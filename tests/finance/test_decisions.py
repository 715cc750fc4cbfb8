"""A payment that did not fit is decided by staff, with a reason (FIN-03)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import handing
from core.events import timeline
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger, provider
from finance.models import TopUp, TopUpStatus
from finance.provider import PaymentSession
from finance.steps import top_ups
from notifications.models import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-03")]


def said(amount: Money) -> PaymentSession:
    return PaymentSession("cs_1", "", "complete", True, amount, "usd", "pi_1")


@pytest.fixture
def top_up(bea: User, now: datetime) -> TopUp:
    """Paid, but not what was asked for."""
    TopUp.objects.create(user=bea, amount=dollars(25), session_id="cs_1", at=now, check_due_at=now)
    found = top_ups.learn("cs_1", said(dollars(24)), now)
    assert found
    return found


@pytest.fixture(autouse=True)
def nothing_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked anew, the provider knows of no payment."""
    monkeypatch.setattr(provider, "retrieve_checkout", lambda _session_id: None)


@pytest.fixture
def cleo(db: None, ada: User) -> User:
    """Staff with the one right."""
    ada.user_permissions.add(Permission.objects.get(codename="change_topup"))
    return User.objects.get(pk=ada.pk)


def page(top_up: TopUp) -> str:
    return reverse("admin:finance_topup_change", args=[top_up.pk])


def decide(client: Client, top_up: TopUp, decision: str, reason: str = "The bank says so.") -> int:
    address = reverse("admin:finance_topup_decide", args=[top_up.pk])
    return client.post(address, {"decision": decision, "reason": reason}).status_code


def test_reopened_it_follows_what_the_provider_says_then(top_up: TopUp, cleo: User, bea: User, now: datetime) -> None:
    top_ups.reopen(top_up.pk, " Mended at the provider. ", by=cleo, now=now)
    again = TopUp.objects.get()
    assert (again.status, again.check_due_at, again.settled_at) == (TopUpStatus.PROCESSING, now, None)
    event = timeline(again).last()
    assert event
    assert (event.kind, event.by, event.facts["reason"]) == ("top_up.reopened", cleo, "Mended at the provider.")
    assert top_ups.due_for_a_look(top_up.pk, now) == "cs_1"
    top_ups.learn("cs_1", said(dollars(24)), now)
    assert TopUp.objects.get().status == TopUpStatus.QUESTIONED
    assert ledger.balance(ledger.main_of(bea)) == ZERO
    top_ups.reopen(top_up.pk, "Mended once more.", by=cleo, now=now)
    top_ups.learn("cs_1", said(dollars(25)), now)
    assert TopUp.objects.get().status == TopUpStatus.PAID
    assert ledger.balance(ledger.main_of(bea)) == dollars(25)


def test_closed_it_moves_no_money_and_the_payer_is_told(top_up: TopUp, cleo: User, bea: User, now: datetime) -> None:
    top_ups.close(top_up.pk, "Charged back.", by=cleo, now=now)
    closed = TopUp.objects.get()
    assert (closed.status, closed.check_due_at, closed.settled_at) == (TopUpStatus.ABANDONED, None, now)
    assert ledger.balance(ledger.main_of(bea)) == ZERO
    handing.hand_on_waiting(now=now)
    notice = Notice.objects.get(kind="top_up.closed")
    assert (notice.user, notice.facts) == (bea, {"amount_cents": 2500})
    for verb in (top_ups.close, top_ups.reopen):
        with pytest.raises(OutOfTurn, match="it is now “Not paid”"):
            verb(top_up.pk, "Once more.", by=cleo, now=now)


@pytest.mark.parametrize("verb", [top_ups.close, top_ups.reopen, top_ups.credit])
def test_only_staff_with_the_right_decides_with_a_reason_and_never_of_itself(
    top_up: TopUp, cleo: User, bea: User, sam: User, now: datetime, verb: object
) -> None:
    assert callable(verb)
    for by in (bea, sam):
        with pytest.raises(NotAllowed):
            verb(top_up.pk, "I would like it.", by=by, now=now)
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(Invalid, match="reason"):
            verb(top_up.pk, reason, by=cleo, now=now)
    User.objects.filter(pk=bea.pk).update(is_staff=True, is_superuser=True)
    with pytest.raises(NotAllowed, match="somebody else"):
        verb(top_up.pk, "It is mine.", by=User.objects.get(pk=bea.pk), now=now)
    assert TopUp.objects.get().status == TopUpStatus.QUESTIONED
    assert timeline(top_up).count() == 1


@pytest.mark.parametrize(("decision", "status"), [("look-again", "processing"), ("close", "abandoned")])
def test_the_admins_page_takes_the_decision(
    client: Client, top_up: TopUp, cleo: User, decision: str, status: str
) -> None:
    client.force_login(cleo)
    assert "Close as not received" in client.get(page(top_up)).content.decode()
    assert decide(client, top_up, decision, reason=" ") == 302
    assert TopUp.objects.get().status == TopUpStatus.QUESTIONED
    assert decide(client, top_up, "pay") == 404
    assert decide(client, top_up, decision) == 302
    assert TopUp.objects.get().status == status
    shown = client.get(page(top_up)).content.decode()
    assert "The bank says so." in shown
    assert "Close as not received" not in shown


def test_who_has_not_the_right_sees_no_decision_and_takes_none(client: Client, top_up: TopUp, ada: User) -> None:
    ada.user_permissions.add(Permission.objects.get(codename="view_topup"))
    client.force_login(ada)
    assert "Close as not received" not in client.get(page(top_up)).content.decode()
    assert decide(client, top_up, "close") == 403
    assert TopUp.objects.get().status == TopUpStatus.QUESTIONED
