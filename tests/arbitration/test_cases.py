"""Arbitration: opened by a side, heard, settled or decided (ARB-01 to ARB-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from arbitration.models import (
    CancelRequest,
    Case,
    CaseStatus,
    Mediator,
    RequestStatus,
    Settlement,
    SettlementStatus,
    WaitsFor,
)
from arbitration.queries import desk
from arbitration.steps import canceling, cases, rejecting, settling
from arbitration.steps.cases import Decision
from core.models import Event
from core.money import Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import escrow, ledger
from finance.ledger import COMMISSION
from orders.models import Dispute, Order, Outcome, Policy, Status
from orders.moves import Actor
from orders.steps import ending, thread, work
from reputation import queries as reputation
from tests.arbitration.hearing import may_decide
from tests.stage import Stage, give, give_bonus

YEAR = timedelta(days=365)


def _opened(stage: Stage, at: Status = Status.DELIVERED) -> tuple[Order, Case]:
    order = stage.an_order(at=at)
    case = cases.open_case(order.pk, text="It is not what I ordered.", by=stage.buyer, now=stage.later())
    return Order.objects.get(pk=order.pk), case


def _decide(case: Case, refunded: Money, favor: Actor, stage: Stage, by: User, *, beyond: bool = False) -> Outcome:
    cases.decide(case.pk, Decision(refunded, favor, beyond, "As the files show."), by=by, now=stage.later())
    return Outcome.objects.get(order=case.order_id)


@pytest.mark.rule("ARB-01")
@pytest.mark.rule("ARB-02")
@pytest.mark.parametrize("side", ["buyer", "seller"])
def test_either_side_opens_and_the_other_is_asked(stage: Stage, side: str) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    by = {"buyer": stage.buyer, "seller": stage.seller}[side]
    case = cases.open_case(order.pk, text="Please look.", by=by, now=stage.later())
    assert case.waits_for == ("seller" if side == "buyer" else "buyer")
    other = stage.seller if side == "buyer" else stage.buyer
    cases.state(case.pk, text="My view.", by=other, now=stage.later())
    case.refresh_from_db()
    assert case.waits_for == WaitsFor.SUPPORT


@pytest.mark.rule("ARB-02")
def test_opening_freezes_every_timer_and_the_escrow(stage: Stage) -> None:
    order, _case = _opened(stage)
    later = stage.now + YEAR
    for verb in (ending.complete_by_time, ending.end_idle, ending.warn_idle, work.expire, ending.lapse):
        with pytest.raises(OutOfTurn):
            verb(order.pk, later)
    with pytest.raises(OutOfTurn):
        ending.accept(order.pk, by=stage.buyer, now=later)
    assert not order.is_expired(later)
    assert escrow.held_in(order.escrow_key) == order.total
    thread.write(order.pk, text="We can still talk.", by=stage.seller, now=later)


@pytest.mark.rule("ARB-02")
def test_opening_overtakes_what_was_asked_before(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
    cases.open_case(order.pk, text="No answer.", by=stage.buyer, now=stage.later())
    order.refresh_from_db()
    assert CancelRequest.objects.get(order=order).status == RequestStatus.OVERTAKEN
    assert (order.dispute, order.dispute_due_at) == (Dispute.ARBITRATION, None)


@pytest.mark.rule("ARB-04")
@pytest.mark.rule("ARB-05")
@pytest.mark.parametrize(
    ("refunded", "favor", "status", "to_seller", "commission"),
    [
        (5_000, Actor.BUYER, Status.CANCELED, 0, 0),
        (0, Actor.SELLER, Status.COMPLETED, 4_000, 1_000),
        (2_000, Actor.BUYER, Status.SPLIT, 2_400, 600),
        (2_000, Actor.SELLER, Status.SPLIT, 2_400, 600),
        (3_333, Actor.BUYER, Status.SPLIT, 1_333, 334),
        (4_999, Actor.BUYER, Status.SPLIT, 0, 1),
    ],
)
def test_a_decision_moves_the_money_at_once(
    stage: Stage, arbiter: User, refunded: int, favor: Actor, status: Status, to_seller: int, commission: int
) -> None:
    order, case = _opened(stage)
    outcome = _decide(case, Money(refunded), favor, stage, arbiter)
    order.refresh_from_db()
    case.refresh_from_db()
    assert (order.status, order.dispute, case.status) == (status, Dispute.NONE, CaseStatus.DECIDED)
    assert ledger.balance(ledger.main_of(stage.buyer)) == Money(refunded)
    assert ledger.balance(ledger.main_of(stage.seller)) == Money(to_seller)
    assert ledger.balance(COMMISSION) == Money(commission)
    assert escrow.held_in(order.escrow_key) == Money(0)
    assert (outcome.refunded, outcome.paid) == (Money(refunded), Money(to_seller))
    assert outcome.lowers_seller == (favor is Actor.BUYER)
    assert outcome.feedback


@pytest.mark.rule("ARB-04")
@pytest.mark.rule("FIN-01")
def test_a_split_returns_to_each_balance_its_part(stage: Stage, arbiter: User) -> None:
    give_bonus(stage.buyer, dollars(15), now=stage.now)
    _order, case = _opened(stage)
    _decide(case, Money(1_001), Actor.SELLER, stage, arbiter)
    # 30 % came from bonus; the odd cent goes to main. What the gift had left on main was $15.
    assert ledger.balance(ledger.bonus_of(stage.buyer)) == Money(300)
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(15) + Money(701)


@pytest.mark.rule("ARB-06")
@pytest.mark.parametrize("beyond", [True, False])
def test_feedback_is_lost_only_where_demands_went_beyond_the_order(stage: Stage, arbiter: User, beyond: bool) -> None:
    order, case = _opened(stage)
    _decide(case, Money(0), Actor.SELLER, stage, arbiter, beyond=beyond)
    order.refresh_from_db()
    assert reputation.may_leave(order, stage.buyer) is not beyond


@pytest.mark.rule("ARB-04")
@pytest.mark.parametrize(
    ("refunded", "favor", "reason"),
    [
        (5_001, Actor.BUYER, "More than there is."),
        (-1, Actor.SELLER, "Less than nothing."),
        (5_000, Actor.SELLER, "All back, and yet for the seller."),
        (0, Actor.BUYER, "Nothing back, and yet for the buyer."),
        (2_000, Actor.STAFF, "For nobody."),
        (2_000, Actor.BUYER, "  "),
    ],
)
def test_a_decision_that_does_not_add_up_is_refused(
    stage: Stage, arbiter: User, refunded: int, favor: Actor, reason: str
) -> None:
    order, case = _opened(stage)
    with pytest.raises(Invalid):
        cases.decide(case.pk, Decision(Money(refunded), favor, False, reason), by=arbiter, now=stage.later())
    order.refresh_from_db()
    assert order.dispute == Dispute.ARBITRATION
    assert escrow.held_in(order.escrow_key) == order.total


@pytest.mark.rule("ARB-04")
def test_a_closed_case_is_decided_no_more(stage: Stage, arbiter: User) -> None:
    _order, case = _opened(stage)
    _decide(case, dollars(20), Actor.BUYER, stage, arbiter)
    with pytest.raises(OutOfTurn):
        _decide(case, dollars(10), Actor.SELLER, stage, arbiter)
    for deed in (cases.claim,):
        with pytest.raises(OutOfTurn):
            deed(case.pk, by=arbiter, now=stage.later())
    with pytest.raises(OutOfTurn):
        cases.state(case.pk, text="But!", by=stage.seller, now=stage.later())


@pytest.mark.rule("ARB-08")
def test_nobody_handles_an_own_case_and_nobody_without_the_right(stage: Stage, stan: User) -> None:
    _order, case = _opened(stage)
    for side in (stage.buyer, stage.seller):
        side.is_staff = True
        side.save()
        side.user_permissions.add(Permission.objects.get(codename="arbitrate"))
    for pk in (stan.pk, stage.buyer.pk, stage.seller.pk):
        user = User.objects.get(pk=pk)
        with pytest.raises(NotAllowed):
            cases.claim(case.pk, by=user, now=stage.later())
        with pytest.raises(NotAllowed):
            cases.note(case.pk, text="Hm.", by=user, now=stage.later())
        with pytest.raises(NotAllowed):
            _decide(case, dollars(20), Actor.BUYER, stage, user)


@pytest.mark.rule("ARB-03")
def test_a_question_waits_for_the_side_that_was_asked(stage: Stage, arbiter: User) -> None:
    _order, case = _opened(stage)
    cases.claim(case.pk, by=arbiter, now=stage.later())
    cases.ask(case.pk, WaitsFor.BUYER, text="Which file?", by=arbiter, now=stage.later())
    cases.state(case.pk, text="Nobody asked me.", by=stage.seller, now=stage.later())
    case.refresh_from_db()
    assert (case.waits_for, case.arbiter) == (WaitsFor.BUYER, arbiter)
    cases.state(case.pk, text="The second.", by=stage.buyer, now=stage.later())
    case.refresh_from_db()
    assert case.waits_for == WaitsFor.SUPPORT
    with pytest.raises(Invalid):
        cases.ask(case.pk, WaitsFor.SUPPORT, text="Me?", by=arbiter, now=stage.later())


@pytest.mark.rule("ARB-08")
def test_every_step_of_a_case_is_on_record(stage: Stage, arbiter: User) -> None:
    _order, case = _opened(stage)
    cases.claim(case.pk, by=arbiter, now=stage.later())
    cases.ask(case.pk, WaitsFor.BUYER, text="Which file?", by=arbiter, now=stage.later())
    cases.note(case.pk, text="Looks late.", by=arbiter, now=stage.later())
    cases.note_reading(case.pk, "export", by=arbiter, now=stage.later())
    _decide(case, dollars(20), Actor.BUYER, stage, arbiter)
    log = Event.objects.filter(subject="case", subject_id=case.pk).order_by("pk").values_list("kind", "by__login")
    assert list(log) == [
        ("case.opened", "bea"),
        ("case.claimed", "ada"),
        ("case.asked", "ada"),
        ("case.noted", "ada"),
        ("case.read", "ada"),
        ("case.decided", "ada"),
    ]


@pytest.mark.rule("ARB-07")
def test_a_split_is_carried_out_when_both_have_agreed(stage: Stage) -> None:
    order, case = _opened(stage)
    offered = settling.offer(order.pk, dollars(20), text="Half is fine.", by=stage.buyer, now=stage.later())
    with pytest.raises(OutOfTurn):
        settling.agree(offered.pk, by=stage.buyer, now=stage.later())
    assert settling.agree(offered.pk, by=stage.seller, now=stage.later())
    outcome = Outcome.objects.get(order=order)
    assert (outcome.cause, outcome.lowers_seller, outcome.feedback) == ("ARB-07", False, True)
    assert (outcome.refunded, outcome.paid) == (dollars(20), dollars(24))
    case.refresh_from_db()
    assert case.status == CaseStatus.SETTLED
    with pytest.raises(OutOfTurn):
        settling.agree(offered.pk, by=stage.seller, now=stage.later())


@pytest.mark.rule("ARB-07")
def test_a_new_proposal_replaces_ones_last_and_not_the_others(stage: Stage) -> None:
    order, _case = _opened(stage)
    first = settling.offer(order.pk, dollars(20), text="", by=stage.buyer, now=stage.later())
    theirs = settling.offer(order.pk, dollars(5), text="", by=stage.seller, now=stage.later())
    second = settling.offer(order.pk, dollars(15), text="", by=stage.buyer, now=stage.later())
    standing = Settlement.objects.filter(status=SettlementStatus.OPEN).values_list("pk", flat=True)
    assert set(standing) == {theirs.pk, second.pk}
    with pytest.raises(OutOfTurn):
        settling.agree(first.pk, by=stage.seller, now=stage.later())
    settling.decline(theirs.pk, by=stage.buyer, now=stage.later())
    with pytest.raises(OutOfTurn):
        settling.agree(theirs.pk, by=stage.buyer, now=stage.later())
    with pytest.raises(Invalid):
        settling.offer(order.pk, dollars(51), text="", by=stage.buyer, now=stage.later())


@pytest.mark.rule("ARB-07")
def test_a_buyer_who_gives_in_accepts_the_work(stage: Stage) -> None:
    order, _case = _opened(stage, Status.IN_WORK)
    settling.concede(order.pk, by=stage.buyer, now=stage.later())
    order.refresh_from_db()
    outcome = Outcome.objects.get(order=order)
    assert (order.status, outcome.paid, outcome.lowers_seller) == (Status.COMPLETED, dollars(40), False)


@pytest.mark.rule("ARB-07")
def test_a_seller_who_gives_in_is_no_better_off_than_one_who_cancels(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    cases.open_case(order.pk, text="I would rather not.", by=stage.seller, now=stage.later())
    settling.concede(order.pk, by=stage.seller, now=stage.later())
    order.refresh_from_db()
    outcome = Outcome.objects.get(order=order)
    assert (order.status, outcome.refunded) == (Status.CANCELED, dollars(50))
    assert (outcome.lowers_seller, outcome.feedback) == (True, True)


@pytest.mark.rule("ARB-01")
def test_an_order_has_one_case_and_an_ended_one_none(stage: Stage) -> None:
    order, _case = _opened(stage)
    with pytest.raises(OutOfTurn):
        cases.open_case(order.pk, text="Again.", by=stage.seller, now=stage.later())
    over = stage.an_order(at=Status.COMPLETED)
    with pytest.raises(OutOfTurn):
        cases.open_case(over.pk, text="Too late.", by=stage.buyer, now=stage.later())
    with pytest.raises(Invalid):
        cases.open_case(stage.an_order().pk, text=" ", by=stage.buyer, now=stage.later())


@pytest.mark.rule("ARB-07")
@pytest.mark.parametrize("by", ["buyer", "seller"])
def test_all_of_it_back_counts_however_it_is_worded(stage: Stage, by: str) -> None:
    order, _case = _opened(stage)
    proposer, other = (stage.buyer, stage.seller) if by == "buyer" else (stage.seller, stage.buyer)
    offered = settling.offer(order.pk, order.total, text="", by=proposer, now=stage.later())
    assert settling.agree(offered.pk, by=other, now=stage.later())
    outcome = Outcome.objects.get(order=order)
    assert (outcome.lowers_seller, outcome.fault) == (True, "seller")


@pytest.mark.rule("ARB-07")
@pytest.mark.rule("ORD-09")
def test_late_work_that_is_accepted_in_arbitration_is_late_work(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    work.deliver(order.pk, text="Late.", by=stage.seller, now=order.deadline)
    cases.open_case(order.pk, text="Pay me.", by=stage.seller, now=order.deadline)
    settling.concede(order.pk, by=stage.buyer, now=order.deadline)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.completed, outcome.late, outcome.lowers_seller) == (True, True, True)


@pytest.mark.rule("ARB-08")
def test_who_was_hired_to_mediate_decides_nothing(stage: Stage, mel: Mediator) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    Order.objects.filter(pk=order.pk).update(policy=Policy.REJECTION)
    give(stage.seller, dollars(10), now=stage.now)
    rejecting.reject(order.pk, text="No.", by=stage.buyer, now=stage.later())
    rejecting.hire(order.pk, mel, by=stage.seller, now=stage.later())
    case = cases.open_case(order.pk, text="Decide.", by=stage.buyer, now=stage.later())
    may_decide(mel.user)
    mediator = User.objects.get(pk=mel.user_id)
    assert not desk.cases_for(mediator).exists()
    with pytest.raises(NotAllowed):
        cases.claim(case.pk, by=mediator, now=stage.later())
    with pytest.raises(NotAllowed):
        _decide(case, dollars(20), Actor.BUYER, stage, mediator)
    with pytest.raises(NotAllowed):
        canceling.cancel_prohibited(order.pk, lowers_seller=False, text="No.", by=mediator, now=stage.later())


@pytest.mark.rule("ARB-08")
@pytest.mark.rule("CAN-14")
def test_a_case_that_ends_by_a_cancellation_says_so_in_its_log(stage: Stage, arbiter: User) -> None:
    order, case = _opened(stage)
    canceling.cancel_prohibited(order.pk, lowers_seller=True, text="Gambling.", by=arbiter, now=stage.later())
    last = Event.objects.filter(subject="case", subject_id=case.pk).latest("pk")
    assert (last.kind, last.by) == ("case.closed", arbiter)


@pytest.mark.rule("ARB-03")
def test_a_case_that_a_colleague_has_taken_is_taken_over_first(stage: Stage, arbiter: User) -> None:
    _order, case = _opened(stage)
    cases.claim(case.pk, by=arbiter, now=stage.later())
    colleague = may_decide(stage.moderator)
    with pytest.raises(OutOfTurn):
        _decide(case, dollars(20), Actor.BUYER, stage, colleague)
    cases.claim(case.pk, by=colleague, now=stage.later())
    _decide(case, dollars(20), Actor.BUYER, stage, colleague)
