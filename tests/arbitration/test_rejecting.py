"""Rejecting a job, and what the freelancer can do about it (REV-02 to REV-05, DIS-01)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from arbitration.models import Mediation, MediationStatus, Mediator, Rejection, RejectionStatus
from arbitration.steps import canceling, cases, rejecting, settling, timers
from arbitration.tasks import overtake_ended
from core.models import Event
from core.money import dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import escrow, ledger
from finance.escrow import ShortBalance
from orders.models import Dispute, Order, Outcome, Policy, Status
from orders.moves import Actor
from orders.steps import ending, work
from tests.stage import Stage, give, give_bonus

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def rejected(stage: Stage) -> Order:
    """An order in work that its client rejected just now."""
    order = stage.an_order(at=Status.IN_WORK)
    Order.objects.filter(pk=order.pk).update(policy=Policy.REJECTION)
    rejecting.reject(order.pk, text="Not what the brief says.", by=stage.buyer, now=stage.later())
    give(stage.seller, dollars(10), now=stage.now)
    return Order.objects.get(pk=order.pk)


def _outcome(order: Order) -> Outcome:
    return Outcome.objects.get(order=order)


@pytest.mark.rule("REV-02")
def test_staff_give_a_waiting_order_the_other_policy(stage: Stage, arbiter: User) -> None:
    order = stage.an_order()
    for user in (stage.buyer, stage.seller):
        with pytest.raises(NotAllowed):
            work.change_policy(order.pk, Policy.REJECTION, by=user, now=stage.now)
    work.change_policy(order.pk, Policy.REJECTION, by=arbiter, now=stage.now)
    rejecting.reject(order.pk, text="No.", by=stage.buyer, now=stage.later())


@pytest.mark.rule("REV-02")
def test_an_approved_rejection_refunds_in_full(stage: Stage, rejected: Order) -> None:
    rejecting.approve(rejected.pk, by=stage.seller, now=stage.later())
    outcome = _outcome(rejected)
    assert (outcome.cause, outcome.refunded, outcome.lowers_seller) == ("REV-02", rejected.total, True)
    assert Rejection.objects.get(order=rejected).status == RejectionStatus.APPROVED


@pytest.mark.rule("REV-02")
def test_a_rejection_needs_its_policy_and_a_reason(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    with pytest.raises(OutOfTurn):
        rejecting.reject(order.pk, text="No.", by=stage.buyer, now=stage.later())
    Order.objects.filter(pk=order.pk).update(policy=Policy.REJECTION)
    with pytest.raises(Invalid):
        rejecting.reject(order.pk, text=" ", by=stage.buyer, now=stage.later())


@pytest.mark.rule("REV-01")
def test_revisions_are_asked_for_as_often_as_needed(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    Order.objects.filter(pk=order.pk).update(policy=Policy.REJECTION)
    for number in range(1, 8):
        delivery = work.deliver(order.pk, text="Here.", by=stage.seller, now=stage.later())
        back = work.return_for_revision(order.pk, reasons="Finer.", by=stage.buyer, now=stage.later())
        assert (delivery.number, back.number) == (number, number)


@pytest.mark.rule("REV-03")
def test_after_twenty_days_of_nothing_it_takes_effect_by_itself(stage: Stage, rejected: Order) -> None:
    due = stage.now + 20 * DAY
    assert rejected.dispute_due_at == due
    with pytest.raises(OutOfTurn):
        timers.dispute_due(rejected.pk, due - SECOND)
    timers.dispute_due(rejected.pk, due)
    outcome = _outcome(rejected)
    assert (outcome.cause, outcome.refunded, outcome.completed) == ("REV-03", rejected.total, False)
    assert outcome.lowers_seller


@pytest.mark.rule("REV-04")
def test_the_work_goes_on_and_its_approval_ends_the_rejection(stage: Stage, rejected: Order) -> None:
    work.deliver(rejected.pk, text="Better?", by=stage.seller, now=stage.later())
    with pytest.raises(OutOfTurn):
        ending.complete_by_time(rejected.pk, stage.now + 10 * DAY)  # the review stands still
    ending.accept(rejected.pk, by=stage.buyer, now=stage.later())
    overtake_ended(Event.objects.get(kind="order.completed", subject_id=rejected.pk))
    assert _outcome(rejected).paid == dollars(40)
    assert Rejection.objects.get(order=rejected).status == RejectionStatus.OVERTAKEN


@pytest.mark.rule("REV-05")
def test_a_mediator_stops_the_twenty_days_and_is_paid_for_a_proposal(
    stage: Stage, rejected: Order, mel: Mediator
) -> None:
    left = 20 * DAY - timedelta(minutes=1)
    mediation = rejecting.hire(rejected.pk, mel, by=stage.seller, now=stage.later())
    assert Rejection.objects.get(order=rejected).left == left
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(0)
    assert ledger.balance(ledger.main_of(mel.user)) == dollars(0)
    proposal = rejecting.propose(mediation.pk, dollars(20), text="Two thirds.", by=mel.user, now=stage.later())
    assert ledger.balance(ledger.main_of(mel.user)) == dollars(10)
    assert not settling.agree(proposal.pk, by=stage.buyer, now=stage.later())
    assert settling.agree(proposal.pk, by=stage.seller, now=stage.later())
    outcome = _outcome(rejected)
    assert (outcome.cause, outcome.refunded, outcome.paid) == ("REV-05", dollars(20), dollars(24))
    assert (outcome.lowers_seller, outcome.feedback) == (False, True)
    mediation.refresh_from_db()
    assert mediation.status == MediationStatus.AGREED


@pytest.mark.rule("REV-05")
@pytest.mark.parametrize("who", ["buyer", "seller", "clock"])
def test_without_agreement_the_twenty_days_go_on(stage: Stage, rejected: Order, mel: Mediator, who: str) -> None:
    mediation = rejecting.hire(rejected.pk, mel, by=stage.seller, now=stage.later())
    proposal = rejecting.propose(mediation.pk, dollars(20), text="So.", by=mel.user, now=stage.later())
    settling.agree(proposal.pk, by=stage.buyer, now=stage.later())
    now = stage.later()
    if who == "clock":
        now = stage.later(timedelta(days=7))
        timers.dispute_due(rejected.pk, now)
    else:
        by = {"buyer": stage.buyer, "seller": stage.seller}[who]
        rejecting.end_mediation(rejected.pk, by=by, now=now)
    rejected.refresh_from_db()
    assert rejected.dispute == Dispute.REJECTION
    assert rejected.dispute_due_at == now + 20 * DAY - timedelta(minutes=1)
    with pytest.raises(OutOfTurn):
        settling.agree(proposal.pk, by=stage.seller, now=now)
    with pytest.raises(OutOfTurn):
        rejecting.hire(rejected.pk, mel, by=stage.seller, now=now)
    timers.dispute_due(rejected.pk, rejected.dispute_due_at)
    assert _outcome(rejected).cause == "REV-03"


@pytest.mark.rule("REV-05")
def test_a_mediator_who_proposes_nothing_gets_nothing(stage: Stage, rejected: Order, mel: Mediator) -> None:
    rejecting.hire(rejected.pk, mel, by=stage.seller, now=stage.later())
    timers.dispute_due(rejected.pk, stage.now + timedelta(days=7))
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(10)
    assert Mediation.objects.get().status == MediationStatus.FAILED


@pytest.mark.rule("REV-05")
@pytest.mark.parametrize("how", ["approve", "withdraw", "case", "prohibited", "accept"])
def test_whatever_ends_a_mediation_returns_an_unearned_fee(
    stage: Stage, rejected: Order, mel: Mediator, arbiter: User, how: str
) -> None:
    mediation = rejecting.hire(rejected.pk, mel, by=stage.seller, now=stage.later())
    match how:
        case "approve":
            rejecting.approve(rejected.pk, by=stage.seller, now=stage.later())
        case "withdraw":
            rejecting.withdraw(rejected.pk, by=stage.buyer, now=stage.later())
        case "case":
            cases.open_case(rejected.pk, text="Decide.", by=stage.seller, now=stage.later())
        case "prohibited":
            canceling.cancel_prohibited(
                rejected.pk, lowers_seller=False, text="Gambling.", by=arbiter, now=stage.later()
            )
        case "accept":
            work.deliver(rejected.pk, text="Better?", by=stage.seller, now=stage.later())
            ending.accept(rejected.pk, by=stage.buyer, now=stage.later())
            overtake_ended(Event.objects.get(kind="order.completed", subject_id=rejected.pk))
    earned = dollars(40) if how == "accept" else dollars(0)
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(10) + earned
    assert escrow.held_in(mediation.fee_key) == dollars(0)
    with pytest.raises(OutOfTurn):
        rejecting.propose(mediation.pk, dollars(10), text="Late.", by=mel.user, now=stage.later())


@pytest.mark.rule("REV-05")
def test_only_an_independent_mediator_who_can_be_paid_is_hired(stage: Stage, rejected: Order, mel: Mediator) -> None:
    own = Mediator.objects.create(user=stage.buyer, fee=dollars(1), admitted_at=stage.now)
    with pytest.raises(NotAllowed):
        rejecting.hire(rejected.pk, own, by=stage.seller, now=stage.later())
    mel.active = False
    with pytest.raises(NotAllowed):
        rejecting.hire(rejected.pk, mel, by=stage.seller, now=stage.later())
    mel.active, mel.fee = True, dollars(11)
    give_bonus(stage.seller, dollars(5), now=stage.now)  # can only be spent on orders
    with pytest.raises(ShortBalance):
        rejecting.hire(rejected.pk, mel, by=stage.seller, now=stage.later())
    assert not Mediation.objects.exists()


@pytest.mark.rule("REV-05")
def test_only_the_hired_mediator_proposes_once(stage: Stage, rejected: Order, mel: Mediator, arbiter: User) -> None:
    mediation = rejecting.hire(rejected.pk, mel, by=stage.seller, now=stage.later())
    for user in (stage.buyer, stage.seller, arbiter):
        with pytest.raises(NotAllowed):
            rejecting.propose(mediation.pk, dollars(10), text="So.", by=user, now=stage.later())
    with pytest.raises(Invalid):
        rejecting.propose(mediation.pk, dollars(51), text="So.", by=mel.user, now=stage.later())
    with pytest.raises(Invalid):
        rejecting.propose(mediation.pk, dollars(10), text=" ", by=mel.user, now=stage.later())
    rejecting.propose(mediation.pk, dollars(10), text="So.", by=mel.user, now=stage.later())
    with pytest.raises(OutOfTurn):
        rejecting.propose(mediation.pk, dollars(20), text="Or so.", by=mel.user, now=stage.later())


@pytest.mark.rule("DIS-01")
def test_the_ladder_leads_from_talk_over_mediation_to_arbitration(
    stage: Stage, rejected: Order, mel: Mediator, arbiter: User
) -> None:
    mediation = rejecting.hire(rejected.pk, mel, by=stage.seller, now=stage.later())
    rejecting.propose(mediation.pk, dollars(20), text="So.", by=mel.user, now=stage.later())
    rejecting.end_mediation(rejected.pk, by=stage.buyer, now=stage.later())
    case = cases.open_case(rejected.pk, text="Decide.", by=stage.buyer, now=stage.later())
    assert Rejection.objects.get(order=rejected).status == RejectionStatus.OVERTAKEN
    decision = cases.Decision(dollars(50), Actor.BUYER, False, "Not as briefed.")
    cases.decide(case.pk, decision, by=arbiter, now=stage.later())
    assert _outcome(rejected).cause == "ARB-04"
