"""Who is told what when two sides disagree: each event once, to the right side, in words that say what follows (MSG-05)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from arbitration.models import Mediator, WaitsFor
from arbitration.steps import canceling, cases, rejecting, settling, timers
from core import handing
from core.money import dollars
from notifications.models import Notice
from notifications.words import Words
from orders.models import Order, Policy, Status
from orders.moves import Actor
from orders.steps import ending, offers
from tests.stage import Stage, give

pytestmark = pytest.mark.rule("MSG-05")


def _told(stage: Stage) -> list[tuple[str, str]]:
    """Hands on what happened; who was newly told what, as (login, kind), oldest first."""
    seen = set(Notice.objects.values_list("pk", flat=True))
    handing.hand_on_waiting(now=stage.now)
    assert handing.waiting() == []
    new = Notice.objects.exclude(pk__in=seen).order_by("pk")
    return [(notice.user.login, notice.kind) for notice in new.select_related("user")]


def _words(user: User, kind: str) -> str:
    notice = Notice.objects.filter(user=user, kind=kind).latest("pk")
    words = Words(notice.kind, user, notice.facts)
    return " ".join([words.line, words.subject, *words.body])


def test_a_request_its_answer_and_its_end(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    _told(stage)
    canceling.cancel(order.pk, "CAN-03", text="We meant different things.", by=stage.buyer, now=stage.later())
    assert _told(stage) == [("sam", "order.cancel_asked")]
    asked = _words(stage.seller, "order.cancel_asked")
    assert "Misunderstanding with the seller" in asked
    assert "We meant different things." in asked
    canceling.decline(order.pk, text="Nearly done.", by=stage.seller, now=stage.later())
    assert _told(stage) == [("bea", "order.cancel_declined")]
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    canceling.withdraw(order.pk, by=stage.buyer, now=stage.later())
    assert _told(stage) == [("sam", "order.cancel_asked"), ("sam", "order.cancel_withdrawn")]
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    timers.dispute_due(order.pk, stage.later(timedelta(days=2)))
    assert _told(stage)[1:] == [("bea", "order.canceled"), ("sam", "order.canceled")]
    assert "was canceled by itself" in _words(stage.buyer, "order.canceled")
    assert "no effect on your rating" in _words(stage.seller, "order.canceled")


def test_a_seller_who_cancels_reads_that_it_counts(stage: Stage) -> None:
    order = stage.an_order()
    _told(stage)
    canceling.cancel(order.pk, "CAN-11", by=stage.seller, now=stage.later())
    assert _told(stage) == [("bea", "order.canceled"), ("sam", "order.canceled")]
    assert "You canceled" in _words(stage.seller, "order.canceled")
    assert "counts against your rating" in _words(stage.seller, "order.canceled")
    assert "You may leave feedback" in _words(stage.buyer, "order.canceled")


@pytest.mark.rule("ARB-02")
def test_a_case_from_its_opening_to_the_decision(stage: Stage, arbiter: User) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    _told(stage)
    case = cases.open_case(order.pk, text="It is too small.", by=stage.buyer, now=stage.later())
    assert _told(stage) == [("bea", "order.case_opened"), ("sam", "order.case_opened")]
    assert "was asked for a view" in _words(stage.buyer, "order.case_opened")
    assert "It is too small." in _words(stage.seller, "order.case_opened")
    cases.state(case.pk, text="It is as ordered.", by=stage.seller, now=stage.later())
    assert _told(stage) == [("bea", "case.stated")]
    cases.note(case.pk, text="Between us: late.", by=arbiter, now=stage.later())
    cases.claim(case.pk, by=arbiter, now=stage.later())
    assert _told(stage) == []
    cases.ask(case.pk, WaitsFor.BUYER, text="How small?", by=arbiter, now=stage.later())
    assert _told(stage) == [("bea", "case.asked")]
    assert "How small?" in _words(stage.buyer, "case.asked")
    offered = settling.offer(order.pk, dollars(10), text="", by=stage.seller, now=stage.later())
    settling.decline(offered.pk, by=stage.buyer, now=stage.later())
    assert _told(stage) == [("bea", "order.settlement_offered"), ("sam", "order.settlement_declined")]
    decision = cases.Decision(dollars(20), Actor.BUYER, False, "The file is smaller than agreed.")
    cases.decide(case.pk, decision, by=arbiter, now=stage.later())
    assert _told(stage) == [("bea", "order.split"), ("sam", "order.split")]
    assert "$20.00 is back on your balance" in _words(stage.buyer, "order.split")
    assert "$24.00, after commission" in _words(stage.seller, "order.split")
    assert "The file is smaller than agreed." in _words(stage.seller, "order.split")


@pytest.mark.rule("REV-05")
def test_a_rejection_and_its_mediation(stage: Stage, mel: Mediator) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    Order.objects.filter(pk=order.pk).update(policy=Policy.REJECTION)
    give(stage.seller, dollars(10), now=stage.now)
    _told(stage)
    rejecting.reject(order.pk, text="Not as briefed.", by=stage.buyer, now=stage.later())
    assert _told(stage) == [("sam", "order.rejected")]
    mediation = rejecting.hire(order.pk, mel, by=stage.seller, now=stage.later())
    assert _told(stage) == [("bea", "order.mediator_hired"), ("mel", "mediation.hired")]
    proposal = rejecting.propose(mediation.pk, dollars(20), text="So.", by=mel.user, now=stage.later())
    assert _told(stage) == [("bea", "order.mediator_proposed"), ("sam", "order.mediator_proposed")]
    settling.agree(proposal.pk, by=stage.buyer, now=stage.later())
    assert _told(stage) == [("sam", "order.settlement_agreed")]
    rejecting.end_mediation(order.pk, by=stage.seller, now=stage.later())
    assert _told(stage) == [("bea", "order.mediation_ended"), ("sam", "order.mediation_ended")]


@pytest.mark.rule("ORD-10")
def test_both_are_warned_of_inactivity(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    _told(stage)
    ending.warn_idle(order.pk, stage.later(timedelta(days=11)))
    assert _told(stage) == [("bea", "order.idle"), ("sam", "order.idle")]
    assert "for 14 days" in _words(stage.buyer, "order.idle") or "2 weeks" in _words(stage.buyer, "order.idle")


@pytest.mark.rule("ORD-14")
def test_an_offer_and_its_answers(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    _told(stage)
    made = offers.offer(order.pk, order.kwork, quantity=1, by=stage.seller, now=stage.later())
    assert _told(stage) == [("bea", "order.offered")]
    offers.withdraw(made.pk, by=stage.seller, now=stage.later())
    assert _told(stage) == [("bea", "order.offer_withdrawn")]
    made = offers.offer(order.pk, order.kwork, quantity=1, by=stage.seller, now=stage.later())
    give(stage.buyer, made.total, now=stage.now)
    offers.accept(made.pk, by=stage.buyer, now=stage.later())
    assert _told(stage) == [("bea", "order.offered"), ("sam", "order.offer_accepted")]
