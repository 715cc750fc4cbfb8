"""Every status × verb × actor × before or after its timer, against a table written here by hand from the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from accounts.models import User
from arbitration.steps import canceling
from core.refusals import NotAllowed, OutOfTurn
from orders.models import Order, Status
from orders.steps import ending, thread, work
from orders.steps.moving import moving
from tests.orders.facts import facts
from tests.stage import Stage

SECOND = timedelta(seconds=1)
TOKEN = UUID("00000000-0000-4000-8000-000000000001")
ACTORS = ("buyer", "seller", "stranger", "staff", "clock")
STATUSES = ("placed", "in_work", "delivered", "completed", "canceled")
WHEN = ("before", "after")
Attempt = Callable[[int, User, datetime], object]


@dataclass(frozen=True)
class Verb:
    """How a verb is tried, the timer it knows of, and where it leads (nowhere: the status stays)."""

    attempt: Attempt | None
    timer: str
    leads_to: str


VERBS = {
    "send information": Verb(
        lambda pk, by, now: work.send_information(pk, text="Here.", token=TOKEN, by=by, now=now), "", ""
    ),
    "write": Verb(lambda pk, by, now: thread.write(pk, text="Hello.", token=TOKEN, by=by, now=now), "", ""),
    "start": Verb(lambda pk, by, now: work.start(pk, by=by, now=now), "start_due_at", "in_work"),
    "deliver": Verb(lambda pk, by, now: work.deliver(pk, text="Done.", token=TOKEN, by=by, now=now), "", "delivered"),
    "accept": Verb(lambda pk, by, now: ending.accept(pk, by=by, now=now), "review_due_at", "completed"),
    "return": Verb(
        lambda pk, by, now: work.return_for_revision(pk, reasons="Mend it.", token=TOKEN, by=by, now=now),
        "review_due_at",
        "in_work",
    ),
    "cancel by mistake": Verb(
        lambda pk, by, now: canceling.cancel(pk, "CAN-01", by=by, now=now), "mistake", "canceled"
    ),
    "cancel as late": Verb(lambda pk, by, now: canceling.cancel(pk, "CAN-02", by=by, now=now), "deadline", "canceled"),
    "lapse": Verb(None, "start_due_at", "canceled"),
    "expire": Verb(None, "deadline", ""),
    "complete": Verb(None, "review_due_at", "completed"),
}
BY_CLOCK: dict[str, Callable[[int, datetime], None]] = {
    "lapse": ending.lapse,
    "expire": work.expire,
    "complete": ending.complete_by_time,
}

# (verb, actor, status, before or after the verb's timer): all that the rules allow, and nothing else.
ALLOWED = {
    # ORD-04: the buyer informs the seller, at once or later.
    ("send information", "buyer", "placed", "before"),
    ("send information", "buyer", "placed", "after"),
    ("send information", "buyer", "in_work", "before"),
    ("send information", "buyer", "in_work", "after"),
    ("send information", "buyer", "delivered", "before"),
    ("send information", "buyer", "delivered", "after"),
    # ORD-13: both talk while the order runs.
    ("write", "buyer", "placed", "before"),
    ("write", "buyer", "placed", "after"),
    ("write", "buyer", "in_work", "before"),
    ("write", "buyer", "in_work", "after"),
    ("write", "buyer", "delivered", "before"),
    ("write", "buyer", "delivered", "after"),
    ("write", "seller", "placed", "before"),
    ("write", "seller", "placed", "after"),
    ("write", "seller", "in_work", "before"),
    ("write", "seller", "in_work", "after"),
    ("write", "seller", "delivered", "before"),
    ("write", "seller", "delivered", "after"),
    # ORD-05: started within 24 hours, or lapsed.
    ("start", "seller", "placed", "before"),
    ("lapse", "clock", "placed", "after"),
    # ORD-07: expiry is noted; delivering goes on.
    ("expire", "clock", "in_work", "after"),
    ("deliver", "seller", "in_work", "before"),
    ("deliver", "seller", "in_work", "after"),
    # ORD-08: accepted, returned in time, or completed by itself.
    ("accept", "buyer", "delivered", "before"),
    ("accept", "buyer", "delivered", "after"),
    ("return", "buyer", "delivered", "before"),
    ("complete", "clock", "delivered", "after"),
    # CAN-01: within 20 minutes, nothing delivered.
    ("cancel by mistake", "buyer", "placed", "before"),
    ("cancel by mistake", "buyer", "in_work", "before"),
    # CAN-02: Expired, that is in work past the deadline.
    ("cancel as late", "buyer", "in_work", "after"),
}


def _moment(order: Order, verb: Verb, when: str) -> datetime:
    """One second before the verb's timer, or exactly at it; for a verb without one, soon or much later."""
    timer = order.placed_at + timedelta(minutes=20) if verb.timer == "mistake" else None
    if verb.timer and timer is None:
        timer = getattr(order, verb.timer)
    if timer is None:
        last = order.ended_at or order.delivered_at or order.started_at or order.placed_at
        return last + (SECOND if when == "before" else timedelta(days=365))
    return timer - SECOND if when == "before" else timer


def _try(name: str, order: Order, actor: str, people: dict[str, User], now: datetime) -> None:
    attempt, by = VERBS[name].attempt, people.get(actor)
    if by is None and name in BY_CLOCK:
        BY_CLOCK[name](order.pk, now)
    elif attempt is None or by is None:
        # A person at the clock's lever, or the clock at a person's: only the one door can be asked.
        verb = {"send information": "send_information", "cancel by mistake": "cancel", "cancel as late": "cancel"}.get(
            name, name
        )
        with moving(order.pk, verb, by=by, now=now):
            pytest.fail("the door opened")
    else:
        attempt(order.pk, by, now)


@pytest.fixture
def people(stage: Stage, sten: User, ada: User) -> dict[str, User]:
    return {"buyer": stage.buyer, "seller": stage.seller, "stranger": sten, "staff": ada}


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.rule("ORD-12")
@pytest.mark.rule("CAN-02")
def test_what_the_table_does_not_allow_is_refused_and_moves_nothing(
    stage: Stage, people: dict[str, User], status: str, when: str
) -> None:
    order = stage.an_order(at=Status(status))
    before = facts(order.pk)
    tried = 0
    for name, verb in VERBS.items():
        for actor in ACTORS:
            if (name, actor, status, when) in ALLOWED:
                continue
            for _twice in range(2):
                with pytest.raises((NotAllowed, OutOfTurn)) as refusal:
                    _try(name, order, actor, people, _moment(order, verb, when))
                assert str(refusal.value).endswith("."), (name, actor)
            assert facts(order.pk) == before, (name, actor)
            tried += 1
    assert tried == len(VERBS) * len(ACTORS) - sum(line[2:] == (status, when) for line in ALLOWED)


@pytest.mark.parametrize(("name", "actor", "status", "when"), sorted(ALLOWED))
@pytest.mark.rule("ORD-12")
def test_what_the_table_allows_works_once(
    stage: Stage, people: dict[str, User], name: str, actor: str, status: str, when: str
) -> None:
    order = stage.an_order(at=Status(status))
    now = _moment(order, VERBS[name], when)
    _try(name, order, actor, people, now)
    after = facts(order.pk)
    assert after["order"]["status"] == (VERBS[name].leads_to or status)
    with pytest.raises(OutOfTurn):
        _try(name, order, actor, people, now)
    assert facts(order.pk) == after


def test_the_table_names_only_what_there_is() -> None:
    assert {(v, a, s, w) for v in VERBS for a in ACTORS for s in STATUSES for w in WHEN} > ALLOWED
    assert {status.value for status in Status} == set(STATUSES)
