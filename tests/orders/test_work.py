"""From placing to delivery: the clocks and what they do, to the second (ORD-04 to ORD-09)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from core.models import Event
from core.money import dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from core.uploads import receive
from finance import escrow, ledger
from orders.models import Fault, Message, MessageKind, Order, Outcome, Status
from orders.rules import FILES_MOST, MESSAGE_MOST
from orders.steps import ending, thread, work
from tests.kworks.files import a_file
from tests.orders.facts import facts
from tests.stage import Stage

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def _again(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


@pytest.mark.rule("ORD-05")
def test_work_can_start_until_the_last_second_of_24_hours(stage: Stage) -> None:
    order = stage.an_order()
    work.start(order.pk, by=stage.seller, now=order.placed_at + DAY - SECOND)
    assert _again(order).status == Status.IN_WORK


@pytest.mark.rule("ORD-05")
def test_after_24_hours_the_order_cannot_start_and_lapses(stage: Stage) -> None:
    order = stage.an_order()
    due = order.placed_at + DAY
    with pytest.raises(OutOfTurn):
        ending.lapse(order.pk, due - SECOND)
    with pytest.raises(OutOfTurn):
        work.start(order.pk, by=stage.seller, now=due)
    ending.lapse(order.pk, due)
    assert _again(order).status == Status.CANCELED
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(50)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.cause, outcome.lowers_seller, outcome.completed, outcome.late) == ("ORD-05", True, False, False)


@pytest.mark.rule("ORD-05")
def test_a_lapse_found_days_later_is_no_delay(stage: Stage) -> None:
    order = stage.an_order()
    work.send_information(order.pk, text="Kiln & Co.", by=stage.buyer, now=order.placed_at)
    ending.lapse(order.pk, order.placed_at + 9 * DAY)
    assert not Outcome.objects.get(order=order).late


@pytest.mark.rule("ORD-06")
def test_the_lead_time_runs_from_the_information_when_that_is_earlier(stage: Stage) -> None:
    order = stage.an_order()
    work.send_information(order.pk, text="Kiln & Co.", by=stage.buyer, now=order.placed_at + HOUR)
    work.start(order.pk, by=stage.seller, now=order.placed_at + 5 * HOUR)
    assert _again(order).deadline == order.placed_at + HOUR + 4 * DAY


@pytest.mark.rule("ORD-06")
def test_the_lead_time_runs_from_the_start_when_that_is_earlier(stage: Stage) -> None:
    order = stage.an_order()
    work.start(order.pk, by=stage.seller, now=order.placed_at + HOUR)
    work.send_information(order.pk, text="Kiln & Co.", by=stage.buyer, now=order.placed_at + 5 * HOUR)
    assert _again(order).deadline == order.placed_at + HOUR + 4 * DAY


@pytest.mark.rule("ORD-04")
def test_information_can_be_sent_in_parts_with_files_and_only_the_first_starts_the_clock(stage: Stage) -> None:
    order = stage.an_order()
    upload = receive(a_file(), by=stage.buyer, now=stage.now)
    work.send_information(order.pk, text="", files=[upload], by=stage.buyer, now=order.placed_at + HOUR)
    work.send_information(order.pk, text="And green.", by=stage.buyer, now=order.placed_at + 2 * HOUR)
    found = _again(order)
    assert (found.briefed_at, found.deadline) == (order.placed_at + HOUR, order.placed_at + HOUR + 4 * DAY)
    assert Message.objects.filter(order=order, kind=MessageKind.BRIEF).count() == 2


@pytest.mark.rule("ORD-07")
def test_past_its_deadline_an_order_is_expired_once_and_can_still_be_delivered(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    assert not order.is_expired(order.deadline - SECOND)
    with pytest.raises(OutOfTurn):
        work.expire(order.pk, order.deadline - SECOND)
    work.expire(order.pk, order.deadline)
    assert _again(order).is_expired(order.deadline)
    with pytest.raises(OutOfTurn):
        work.expire(order.pk, order.deadline + HOUR)
    assert escrow.held_in(order.escrow_key) == dollars(50)
    work.deliver(order.pk, text="Late, sorry.", by=stage.seller, now=order.deadline + DAY)
    ending.accept(order.pk, by=stage.buyer, now=order.deadline + DAY)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.completed, outcome.late, outcome.lowers_seller) == (True, True, True)


@pytest.mark.rule("ORD-07")
@pytest.mark.parametrize(("moment", "late"), [(-SECOND, False), (timedelta(), True)])
def test_a_delivery_is_late_from_the_second_of_the_deadline_on(stage: Stage, moment: timedelta, late: bool) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    work.deliver(order.pk, text="Done.", by=stage.seller, now=order.deadline + moment)
    ending.accept(order.pk, by=stage.buyer, now=order.deadline + DAY)
    assert Outcome.objects.get(order=order).late is late


@pytest.mark.rule("ORD-08")
def test_a_delivery_is_under_review_for_three_days_to_the_second(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    assert order.delivered_at is not None
    due = order.delivered_at + 3 * DAY
    assert order.review_due_at == due
    with pytest.raises(OutOfTurn):
        ending.complete_by_time(order.pk, due - SECOND)
    with pytest.raises(OutOfTurn):
        work.return_for_revision(order.pk, reasons="Mend it.", by=stage.buyer, now=due)
    ending.complete_by_time(order.pk, due)
    assert _again(order).status == Status.COMPLETED
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(40)
    assert Event.objects.get(kind="order.completed", subject_id=order.pk).by_id is None


@pytest.mark.rule("ORD-09")
def test_a_return_gives_the_time_in_review_back(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    assert order.deadline is not None
    assert order.delivered_at is not None
    returned = order.delivered_at + 2 * DAY + HOUR
    work.return_for_revision(order.pk, reasons="Mend it.", by=stage.buyer, now=returned)
    found = _again(order)
    assert found.deadline == order.deadline + 2 * DAY + HOUR
    assert (found.status, found.review_due_at) == (Status.IN_WORK, None)


@pytest.mark.rule("ORD-09")
def test_a_return_of_a_late_delivery_leaves_the_order_expired(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    work.deliver(order.pk, text="Late.", by=stage.seller, now=order.deadline + HOUR)
    assert not _again(order).is_expired(order.deadline + 2 * HOUR)
    work.return_for_revision(order.pk, reasons="Mend it.", by=stage.buyer, now=order.deadline + 2 * HOUR)
    found = _again(order)
    assert found.deadline == order.deadline
    assert found.is_expired(order.deadline + 2 * HOUR)


@pytest.mark.rule("ORD-09")
def test_a_return_after_the_deadline_of_a_delivery_in_time_leaves_the_order_in_time(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    work.deliver(order.pk, text="Just in time.", by=stage.seller, now=order.deadline - HOUR)
    returned = order.deadline + DAY
    work.return_for_revision(order.pk, reasons="Mend it.", by=stage.buyer, now=returned)
    found = _again(order)
    assert found.deadline == returned + HOUR
    assert not found.is_expired(returned + HOUR - SECOND)
    assert found.is_expired(returned + HOUR)


@pytest.mark.rule("ORD-09")
def test_canceling_late_work_after_a_return_counts_as_late(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    work.return_for_revision(order.pk, reasons="Mend it.", by=stage.buyer, now=stage.later())
    found = _again(order)
    assert found.deadline is not None
    late = ending.Ending("CAN-02", Fault.SELLER, lowers_seller=True, feedback=True)
    ending.cancel(order.pk, late, by=stage.buyer, now=found.deadline)
    assert Outcome.objects.get(order=order).late


@pytest.mark.rule("ORD-09")
def test_deliveries_and_returns_are_numbered_and_kept(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    for text in ("Larger.", "Smaller."):
        work.return_for_revision(order.pk, reasons=text, by=stage.buyer, now=stage.later())
        work.deliver(order.pk, text="Again.", by=stage.seller, now=stage.later())
    written = Message.objects.filter(order=order).values_list("kind", "number")
    assert list(written) == [("delivery", 1), ("return", 1), ("delivery", 2), ("return", 2), ("delivery", 3)]


@pytest.mark.rule("ORD-09")
def test_a_return_without_reasons_is_refused(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    before = facts(order.pk)
    with pytest.raises(Invalid):
        work.return_for_revision(order.pk, reasons="  ", by=stage.buyer, now=stage.later())
    assert facts(order.pk) == before


@pytest.mark.rule("ORD-11")
def test_completion_pays_the_share_pinned_when_ordering(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    monkeypatch.setattr("kworks.rules.COMMISSION_BASIS_POINTS", 5_000)
    monkeypatch.setattr("orders.rules.COMMISSION_BASIS_POINTS", 5_000)
    ending.accept(order.pk, by=stage.buyer, now=stage.later())
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(40)
    assert ledger.balance(ledger.COMMISSION) == dollars(10)
    assert order.terms["commission_basis_points"] == 2_000


@pytest.mark.rule("ORD-08")
def test_a_change_of_the_rules_does_not_touch_an_order_placed_before(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    monkeypatch.setattr("orders.rules.REVIEW_WITHIN", HOUR)
    now = stage.later()
    work.deliver(order.pk, text="Done.", by=stage.seller, now=now)
    assert _again(order).review_due_at == now + 3 * DAY


@pytest.mark.rule("ORD-13")
@pytest.mark.parametrize(
    ("text", "files"), [("", 0), (" \n ", 0), ("x" * (MESSAGE_MOST + 1), 0), ("x", FILES_MOST + 1)]
)
def test_empty_and_oversized_messages_are_refused(stage: Stage, text: str, files: int) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    uploads = [receive(a_file(), by=stage.buyer, now=stage.now) for _ in range(files)]
    before = facts(order.pk)
    with pytest.raises(Invalid):
        thread.write(order.pk, text=text, files=uploads, by=stage.buyer, now=stage.later())
    assert facts(order.pk) == before


@pytest.mark.rule("ORD-13")
def test_only_files_of_ones_own_that_were_not_sent_yet_can_be_sent(stage: Stage, sten: User) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    foreign = receive(a_file(), by=sten, now=stage.now)
    own = receive(a_file(), by=stage.buyer, now=stage.now)
    with pytest.raises(NotAllowed):
        thread.write(order.pk, text="Look.", files=[foreign], by=stage.buyer, now=stage.later())
    thread.write(order.pk, text="Look.", files=[own], by=stage.buyer, now=stage.later())
    with pytest.raises(OutOfTurn):
        thread.write(order.pk, text="Look again.", files=[own], by=stage.buyer, now=stage.later())
    assert Message.objects.filter(order=order).count() == 1
