"""The cancellation table, reason by reason, against what the rules say (CAN-01 to CAN-14, CAN-16, CAN-18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from arbitration.foresight import foresee
from arbitration.models import CancelRequest
from arbitration.rules import REASONS
from arbitration.steps import canceling
from core.money import dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger
from orders.models import Dispute, Order, Outcome, Policy, Status
from orders.steps import ending, thread, work
from tests.stage import Stage, give_bonus

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Row:
    """One line of the rules, written down by hand: the side, who confirms, the rating, the feedback."""

    by: str
    confirmed_by: str
    lowers: bool
    feedback: bool


TABLE = {
    "CAN-01": Row("buyer", "", False, False),
    "CAN-02": Row("buyer", "", True, True),
    "CAN-03": Row("buyer", "seller", False, False),
    "CAN-04": Row("buyer", "seller", True, True),
    "CAN-05": Row("buyer", "seller", False, False),
    "CAN-06": Row("buyer", "seller", True, True),
    "CAN-07": Row("buyer", "seller", True, True),
    "CAN-08": Row("seller", "buyer", False, False),
    "CAN-09": Row("seller", "buyer", False, False),
    "CAN-10": Row("seller", "", True, True),
    "CAN-11": Row("seller", "", True, True),
    "CAN-12": Row("seller", "buyer", False, False),
    "CAN-13": Row("seller", "", True, True),
}


def _ready(stage: Stage, rule: str) -> tuple[Order, datetime]:
    """An order for which the reason can be given, and since when exactly it can."""
    match rule:
        case "CAN-02":
            order = stage.an_order(at=Status.IN_WORK)
            assert order.deadline is not None
            return order, order.deadline
        case "CAN-04":
            order = stage.an_order(at=Status.IN_WORK)
            thread.write(order.pk, text="Are you there?", by=stage.buyer, now=stage.later())
            return order, stage.now + DAY
        case "CAN-12":
            order = stage.an_order(at=Status.IN_WORK)
            thread.write(order.pk, text="Are you there?", by=stage.seller, now=stage.later())
            return order, stage.now + DAY
        case "CAN-06":
            order = stage.an_order(at=Status.DELIVERED)
            return order, stage.now
        case "CAN-09":
            order = stage.an_order()
            work.remind(order.pk, by=stage.seller, now=stage.later())
            return order, stage.now
    return stage.an_order(), stage.now


def _side(stage: Stage, name: str) -> User:
    return {"buyer": stage.buyer, "seller": stage.seller}[name]


def test_the_table_is_complete() -> None:
    assert REASONS.keys() == TABLE.keys()


@pytest.mark.rule("CAN-16")
@pytest.mark.rule("CAN-18")
@pytest.mark.rule("CAN-19")
@pytest.mark.parametrize(
    "rule",
    [
        pytest.param("CAN-01", marks=pytest.mark.rule("CAN-01")),
        pytest.param("CAN-02", marks=pytest.mark.rule("CAN-02")),
        pytest.param("CAN-03", marks=pytest.mark.rule("CAN-03")),
        pytest.param("CAN-04", marks=pytest.mark.rule("CAN-04")),
        pytest.param("CAN-05", marks=pytest.mark.rule("CAN-05")),
        pytest.param("CAN-06", marks=pytest.mark.rule("CAN-06")),
        pytest.param("CAN-07", marks=pytest.mark.rule("CAN-07")),
        pytest.param("CAN-08", marks=pytest.mark.rule("CAN-08")),
        pytest.param("CAN-09", marks=pytest.mark.rule("CAN-09")),
        pytest.param("CAN-10", marks=pytest.mark.rule("CAN-10")),
        pytest.param("CAN-11", marks=pytest.mark.rule("CAN-11")),
        pytest.param("CAN-12", marks=pytest.mark.rule("CAN-12")),
        pytest.param("CAN-13", marks=pytest.mark.rule("CAN-13")),
    ],
)
def test_each_reason_does_what_the_rules_say(stage: Stage, rule: str) -> None:
    row = TABLE[rule]
    give_bonus(stage.buyer, dollars(15), now=stage.now)
    order, since = _ready(stage, rule)
    by = _side(stage, row.by)
    previewed = foresee(Order.objects.get(pk=order.pk), REASONS[rule], by=by, now=since)
    assert previewed.at_once == (not row.confirmed_by)
    assert canceling.cancel(order.pk, rule, by=by, now=since) == previewed
    if row.confirmed_by:
        order.refresh_from_db()
        assert (order.dispute, order.dispute_due_at) == (Dispute.REQUEST, since + 2 * DAY)
        canceling.confirm(order.pk, by=_side(stage, row.confirmed_by), now=since + HOUR)
    order.refresh_from_db()
    outcome = Outcome.objects.get(order=order)
    assert (order.status, outcome.cause, outcome.completed) == (Status.CANCELED, rule, False)
    assert (outcome.lowers_seller, outcome.feedback) == (row.lowers, row.feedback)
    assert (outcome.paid, outcome.refunded) == (dollars(0), order.total)
    assert ledger.balance(ledger.bonus_of(stage.buyer)) == previewed.shares.refund[ledger.bonus_of(stage.buyer)]
    assert ledger.balance(ledger.bonus_of(stage.buyer)) == dollars(15)
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(50)


@pytest.mark.parametrize("rule", sorted(TABLE))
def test_nobody_but_its_side_gives_a_reason(stage: Stage, sten: User, ada: User, rule: str) -> None:
    order, since = _ready(stage, rule)
    wrong = stage.seller if TABLE[rule].by == "buyer" else stage.buyer
    for user in (wrong, sten, ada):
        with pytest.raises(NotAllowed):
            canceling.cancel(order.pk, rule, by=user, now=since)
    order.refresh_from_db()
    assert order.is_open
    assert order.dispute == Dispute.NONE


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, marks=pytest.mark.rule(rule)) for rule in ("CAN-02", "CAN-04", "CAN-12")]
)
def test_a_reason_is_possible_from_its_second_on(stage: Stage, rule: str) -> None:
    order, since = _ready(stage, rule)
    by = _side(stage, TABLE[rule].by)
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, rule, by=by, now=since - SECOND)
    canceling.cancel(order.pk, rule, by=by, now=since)


@pytest.mark.rule("CAN-04")
@pytest.mark.parametrize("answer", ["message", "delivery"])
def test_a_seller_who_answers_is_not_silent(stage: Stage, answer: str) -> None:
    order, since = _ready(stage, "CAN-04")
    if answer == "message":
        thread.write(order.pk, text="Yes.", by=stage.seller, now=since - SECOND)
    else:
        work.deliver(order.pk, text="Here.", by=stage.seller, now=since - SECOND)
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-04", by=stage.buyer, now=since + SECOND)


@pytest.mark.rule("CAN-04")
def test_writing_again_does_not_begin_the_wait_anew(stage: Stage) -> None:
    order, since = _ready(stage, "CAN-04")
    thread.write(order.pk, text="Hello?", by=stage.buyer, now=since - SECOND)
    canceling.cancel(order.pk, "CAN-04", by=stage.buyer, now=since)


@pytest.mark.parametrize("rule", [pytest.param(rule, marks=pytest.mark.rule(rule)) for rule in ("CAN-04", "CAN-06")])
def test_while_expired_the_seller_is_not_asked(stage: Stage, rule: str) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    work.return_for_revision(order.pk, reasons="Mend it.", by=stage.buyer, now=stage.later())
    order.refresh_from_db()
    assert order.deadline is not None
    effect = canceling.cancel(order.pk, rule, by=stage.buyer, now=order.deadline)
    assert effect.at_once
    order.refresh_from_db()
    assert order.status == Status.CANCELED


@pytest.mark.rule("CAN-06")
def test_before_a_delivery_there_is_no_result_to_object_to(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-06", by=stage.buyer, now=stage.later())


@pytest.mark.rule("CAN-07")
def test_a_seller_is_busy_before_the_start_or_when_silent(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-07", by=stage.buyer, now=stage.later())
    thread.write(order.pk, text="Well?", by=stage.buyer, now=stage.later())
    canceling.cancel(order.pk, "CAN-07", by=stage.buyer, now=stage.now + DAY)
    assert CancelRequest.objects.filter(order=order, rule="CAN-07").exists()


@pytest.mark.rule("CAN-08")
@pytest.mark.rule("CAN-09")
def test_started_work_is_not_given_back_for_what_was_known_before(stage: Stage) -> None:
    order, _ = _ready(stage, "CAN-09")
    work.start(order.pk, by=stage.seller, now=stage.later())
    for rule in ("CAN-08", "CAN-09"):
        with pytest.raises(OutOfTurn):
            canceling.cancel(order.pk, rule, by=stage.seller, now=stage.later())


@pytest.mark.rule("CAN-09")
def test_missing_information_needs_a_reminder_that_was_not_answered(stage: Stage) -> None:
    order = stage.an_order()
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-09", by=stage.seller, now=stage.later())
    work.remind(order.pk, by=stage.seller, now=stage.later())
    with pytest.raises(OutOfTurn):
        work.remind(order.pk, by=stage.seller, now=stage.later())
    work.send_information(order.pk, text="Here.", by=stage.buyer, now=stage.later())
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-09", by=stage.seller, now=stage.later())


@pytest.mark.rule("CAN-12")
def test_a_buyer_is_not_called_silent_before_the_work_starts(stage: Stage) -> None:
    order = stage.an_order()
    thread.write(order.pk, text="Hello?", by=stage.seller, now=stage.later())
    with pytest.raises(OutOfTurn):
        canceling.cancel(order.pk, "CAN-12", by=stage.seller, now=stage.now + DAY)


@pytest.mark.rule("CAN-14")
@pytest.mark.parametrize("lowers", [True, False])
def test_staff_cancel_prohibited_content_at_any_time(stage: Stage, arbiter: User, lowers: bool) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    with pytest.raises(Invalid):
        canceling.cancel_prohibited(order.pk, lowers_seller=lowers, text=" ", by=arbiter, now=stage.now)
    canceling.cancel_prohibited(order.pk, lowers_seller=lowers, text="Gambling.", by=arbiter, now=stage.now)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.cause, outcome.lowers_seller, outcome.feedback) == ("CAN-14", lowers, False)
    assert ledger.balance(ledger.main_of(stage.buyer)) == order.total


@pytest.mark.rule("CAN-14")
def test_only_arbiters_who_are_no_side_cancel_prohibited_content(stage: Stage, stan: User) -> None:
    order = stage.an_order()
    stage.seller.is_staff = True
    stage.seller.save()
    stage.seller.user_permissions.add(Permission.objects.get(codename="arbitrate"))
    for user in (stan, stage.buyer, User.objects.get(pk=stage.seller.pk)):
        with pytest.raises(NotAllowed):
            canceling.cancel_prohibited(order.pk, lowers_seller=False, text="No.", by=user, now=stage.now)


@pytest.mark.rule("REV-02")
def test_a_buyer_who_may_reject_does_not_cancel(stage: Stage) -> None:
    order = stage.an_order()
    Order.objects.filter(pk=order.pk).update(policy=Policy.REJECTION)
    for rule in [rule for rule, row in TABLE.items() if row.by == "buyer"]:
        with pytest.raises(OutOfTurn):
            canceling.cancel(order.pk, rule, by=stage.buyer, now=stage.now)


@pytest.mark.rule("ORD-10")
def test_two_weeks_of_silence_end_an_order_and_are_announced(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    due = stage.now + timedelta(days=14)
    for before in (timedelta(days=3), timedelta(days=1)):
        with pytest.raises(OutOfTurn):
            ending.warn_idle(order.pk, due - before - SECOND)
        ending.warn_idle(order.pk, due - before)
    with pytest.raises(OutOfTurn):
        ending.warn_idle(order.pk, due - SECOND)
    with pytest.raises(OutOfTurn):
        ending.end_idle(order.pk, due - SECOND)
    ending.end_idle(order.pk, due)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.cause, outcome.lowers_seller, outcome.refunded) == ("ORD-10", True, order.total)


@pytest.mark.rule("ORD-10")
def test_whatever_a_side_does_begins_the_two_weeks_anew(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    ending.warn_idle(order.pk, stage.now + timedelta(days=11))
    said = stage.later(timedelta(days=13))
    thread.write(order.pk, text="Soon.", by=stage.seller, now=said)
    order.refresh_from_db()
    assert order.idle_due_at == said + timedelta(days=14)
    assert order.idle_warn_at == said + timedelta(days=11)
