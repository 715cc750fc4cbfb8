"""Every status × dispute × verb × actor × before or after the verb's timer, against a table written by hand from the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from accounts.models import User
from arbitration.models import Case, Mediation, Mediator, Settlement, WaitsFor
from arbitration.steps import canceling, cases, rejecting, settling, timers
from core.money import dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn, Refusal
from orders.models import Order, Policy, Status
from orders.moves import Actor
from orders.steps import ending, offers, thread, work
from tests.orders.facts import facts
from tests.stage import Stage, a_person, give

SECOND = timedelta(seconds=1)
TOKEN = UUID("00000000-0000-4000-8000-000000000001")
ACTORS = ("buyer", "seller", "stranger", "staff", "mediator", "clock")
OPEN = ("placed", "in_work", "delivered")
WHEN = ("before", "after")
# Nothing; asked to cancel by the buyer, by the seller; nothing, under the rejection policy; rejected; a mediator hired;
# a mediator has proposed; in arbitration, with a proposal of the buyer's.
DISPUTES = ("none", "asked B", "asked S", "none R", "rejected", "mediated", "proposed", "case")
STATES = [
    *[(status, dispute) for status in OPEN for dispute in ("none", "asked B", "asked S", "case")],
    *[("in_work", dispute) for dispute in ("none R", "rejected", "mediated", "proposed")],
    *[(status, "") for status in ("completed", "canceled", "split")],
]
Attempt = Callable[["Play", User, datetime], object]


@dataclass
class Play:
    """An order in one of the states, and what the verbs need besides."""

    order: Order
    mediator: Mediator
    case: Case | None = None
    mediation: Mediation | None = None
    proposal: Settlement | None = None

    @property
    def pk(self) -> int:
        return self.order.pk


class Missing(OutOfTurn):
    """There is no such thing to act upon in this state."""

    def __init__(self) -> None:
        super().__init__("There is nothing of the kind.")


def _case(play: Play) -> int:
    if play.case is None:
        raise Missing
    return play.case.pk


def _mediation(play: Play) -> int:
    if play.mediation is None:
        raise Missing
    return play.mediation.pk


def _proposal(play: Play) -> int:
    if play.proposal is None:
        raise Missing
    return play.proposal.pk


def _half(play: Play) -> cases.Decision:
    return cases.Decision(play.order.total.share(5_000), Actor.BUYER, beyond_order=False, reason="Half is done.")


def _cancel(rule: str) -> Attempt:
    return lambda play, by, now: canceling.cancel(play.pk, rule, by=by, now=now)


VERBS: dict[str, tuple[str, Attempt]] = {
    "send information": ("", lambda p, by, now: work.send_information(p.pk, text="Here.", token=TOKEN, by=by, now=now)),
    "write": ("", lambda p, by, now: thread.write(p.pk, text="Hello.", token=TOKEN, by=by, now=now)),
    "remind": ("", lambda p, by, now: work.remind(p.pk, by=by, now=now)),
    "start": ("start_due_at", lambda p, by, now: work.start(p.pk, by=by, now=now)),
    "deliver": ("", lambda p, by, now: work.deliver(p.pk, text="Done.", token=TOKEN, by=by, now=now)),
    "accept": ("review_due_at", lambda p, by, now: ending.accept(p.pk, by=by, now=now)),
    "return": (
        "review_due_at",
        lambda p, by, now: work.return_for_revision(p.pk, reasons="Mend it.", token=TOKEN, by=by, now=now),
    ),
    "offer": ("", lambda p, by, now: offers.offer(p.pk, p.order.kwork, quantity=1, token=TOKEN, by=by, now=now)),
    "change policy": ("", lambda p, by, now: work.change_policy(p.pk, Policy.REJECTION, by=by, now=now)),
    "CAN-01": ("mistake", _cancel("CAN-01")),
    "CAN-02": ("deadline", _cancel("CAN-02")),
    "CAN-03": ("", _cancel("CAN-03")),
    "CAN-08": ("", _cancel("CAN-08")),
    "CAN-10": ("", _cancel("CAN-10")),
    "CAN-14": (
        "",
        lambda p, by, now: canceling.cancel_prohibited(p.pk, lowers_seller=True, text="No.", by=by, now=now),
    ),
    "confirm": ("dispute_due_at", lambda p, by, now: canceling.confirm(p.pk, by=by, now=now)),
    "decline": ("dispute_due_at", lambda p, by, now: canceling.decline(p.pk, text="No.", by=by, now=now)),
    "withdraw": ("dispute_due_at", lambda p, by, now: canceling.withdraw(p.pk, by=by, now=now)),
    "reject": ("", lambda p, by, now: rejecting.reject(p.pk, text="Not this.", by=by, now=now)),
    "withdraw rejection": ("", lambda p, by, now: rejecting.withdraw(p.pk, by=by, now=now)),
    "approve rejection": ("", lambda p, by, now: rejecting.approve(p.pk, by=by, now=now)),
    "hire": ("dispute_due_at", lambda p, by, now: rejecting.hire(p.pk, p.mediator, by=by, now=now)),
    "propose": (
        "dispute_due_at",
        lambda p, by, now: rejecting.propose(_mediation(p), dollars(10), text="So.", by=by, now=now),
    ),
    "end mediation": ("", lambda p, by, now: rejecting.end_mediation(p.pk, by=by, now=now)),
    "open case": ("", lambda p, by, now: cases.open_case(p.pk, text="Help.", token=TOKEN, by=by, now=now)),
    "state": ("", lambda p, by, now: cases.state(_case(p), text="So it was.", token=TOKEN, by=by, now=now)),
    "claim": ("", lambda p, by, now: cases.claim(_case(p), by=by, now=now)),
    "ask": ("", lambda p, by, now: cases.ask(_case(p), WaitsFor.BUYER, text="Why?", token=TOKEN, by=by, now=now)),
    "note": ("", lambda p, by, now: cases.note(_case(p), text="Hm.", token=TOKEN, by=by, now=now)),
    "decide": ("", lambda p, by, now: cases.decide(_case(p), _half(p), by=by, now=now)),
    "offer settlement": ("", lambda p, by, now: settling.offer(p.pk, dollars(30), text="", by=by, now=now)),
    "agree": ("", lambda p, by, now: settling.agree(_proposal(p), by=by, now=now)),
    "decline settlement": ("", lambda p, by, now: settling.decline(_proposal(p), by=by, now=now)),
    "concede": ("", lambda p, by, now: settling.concede(p.pk, by=by, now=now)),
}
BY_CLOCK: dict[str, tuple[str, Callable[[int, datetime], None]]] = {
    "lapse": ("start_due_at", ending.lapse),
    "expire": ("deadline", work.expire),
    "complete": ("review_due_at", ending.complete_by_time),
    "warn of inactivity": ("idle_warn_at", ending.warn_idle),
    "end for inactivity": ("idle_due_at", ending.end_idle),
    "dispute is due": ("dispute_due_at", timers.dispute_due),
}
REPEATED = {"offer settlement"}  # a new proposal replaces the last

_WORKING = "none, none R, asked B, asked S, rejected, mediated, proposed"
_ANY = f"{_WORKING}, case"
_PAUSED = "asked B, asked S, rejected, mediated, proposed"

# All that the rules allow, and nothing else: verb, actors, statuses, disputes, before or after the verb's timer.
TABLE = [
    # ORD-04, ORD-13: the buyer informs, both talk, as long as the order runs.
    ("send information", "buyer", "placed in_work delivered", _WORKING, "before after"),
    ("write", "buyer seller", "placed in_work delivered", _ANY, "before after"),
    # CAN-09 asks for a reminder before anything else.
    ("remind", "seller", "placed", "none", "before after"),
    # ORD-05; CAN-17: while a request waits, the 24 hours stand still.
    ("start", "seller", "placed", "none", "before"),
    ("start", "seller", "placed", _PAUSED, "before after"),
    ("lapse", "clock", "placed", "none", "after"),
    # ORD-07; CAN-17: the lead time keeps running; ARB-02: but not in arbitration.
    ("expire", "clock", "in_work", _WORKING, "after"),
    ("deliver", "seller", "in_work", _WORKING, "before after"),
    # ORD-08; REV-04: the client may approve the work at any time.
    ("accept", "buyer", "delivered", _WORKING, "before after"),
    ("return", "buyer", "delivered", "none", "before"),
    ("return", "buyer", "delivered", _PAUSED, "before after"),
    ("complete", "clock", "delivered", "none", "after"),
    # ORD-10.
    ("warn of inactivity", "clock", "in_work", "none, none R", "after"),
    ("end for inactivity", "clock", "in_work", "none, none R", "after"),
    # ORD-14.
    ("offer", "seller", "placed in_work delivered", _WORKING, "before after"),
    ("change policy", "staff", "placed", "none", "before after"),
    # The cancellation table; CAN-15: one request at a time; what needs no answer does not wait for one.
    ("CAN-01", "buyer", "placed in_work", "none, asked B, asked S", "before"),
    ("CAN-02", "buyer", "in_work", "none, asked B, asked S", "after"),
    # Once the start or the review has run out, the order ends by that.
    ("CAN-03", "buyer", "in_work", "none", "before after"),
    ("CAN-03", "buyer", "placed delivered", "none", "before"),
    ("CAN-08", "seller", "placed", "none", "before"),
    ("CAN-10", "seller", "placed in_work delivered", "none, none R, asked B, asked S", "before after"),
    ("CAN-14", "staff", "placed in_work delivered", _ANY, "before after"),
    ("confirm", "seller", "placed in_work delivered", "asked B", "before after"),
    ("confirm", "buyer", "placed in_work delivered", "asked S", "before after"),
    ("decline", "seller", "placed in_work delivered", "asked B", "before"),
    ("decline", "buyer", "placed in_work delivered", "asked S", "before"),
    ("withdraw", "buyer", "placed in_work delivered", "asked B", "before after"),
    ("withdraw", "seller", "placed in_work delivered", "asked S", "before after"),
    ("dispute is due", "clock", "placed in_work delivered", "asked B, asked S", "after"),
    # REV-02 to REV-05.
    ("reject", "buyer", "in_work", "none R", "before after"),
    ("withdraw rejection", "buyer", "in_work", "rejected, mediated, proposed", "before after"),
    ("approve rejection", "seller", "in_work", "rejected, mediated, proposed", "before after"),
    ("hire", "seller", "in_work", "rejected", "before"),
    ("propose", "mediator", "in_work", "mediated", "before after"),
    ("end mediation", "buyer seller", "in_work", "proposed", "before after"),
    ("dispute is due", "clock", "in_work", "rejected, mediated, proposed", "after"),
    # ARB-01: either side, whatever was being asked before.
    ("open case", "buyer seller", "in_work", _WORKING, "before after"),
    ("open case", "buyer seller", "placed delivered", _PAUSED, "before after"),
    ("open case", "buyer seller", "placed delivered", "none", "before"),
    ("state", "buyer seller", "placed in_work delivered", "case", "before after"),
    ("claim", "staff", "placed in_work delivered", "case", "before after"),
    ("ask", "staff", "placed in_work delivered", "case", "before after"),
    ("note", "staff", "placed in_work delivered", "case", "before after"),
    ("decide", "staff", "placed in_work delivered", "case", "before after"),
    # ARB-07; the proposal at hand is the buyer's own.
    ("offer settlement", "buyer seller", "placed in_work delivered", "case", "before after"),
    ("agree", "seller", "placed in_work delivered", "case", "before after"),
    ("agree", "buyer seller", "in_work", "proposed", "before after"),
    ("decline settlement", "buyer seller", "placed in_work delivered", "case", "before after"),
    ("concede", "buyer seller", "placed in_work delivered", "case", "before after"),
]
ALLOWED = {
    (verb, actor, status, dispute, when)
    for verb, actors, statuses, disputes, whens in TABLE
    for actor in actors.split()
    for status in statuses.split()
    for dispute in disputes.split(", ")
    for when in whens.split()
}


@pytest.fixture
def people(stage: Stage, sten: User, ada: User) -> dict[str, User]:
    mel = a_person("mel", "Mel Mediator", now=stage.now)
    return {
        "buyer": stage.buyer,
        "seller": stage.seller,
        "stranger": sten,
        "staff": ada,
        "mediator": mel,
    }


def _stand(stage: Stage, people: dict[str, User], status: str, dispute: str) -> Play:
    order = stage.an_order(at=Status(status))
    give(stage.seller, dollars(30), now=stage.now)
    mediator = Mediator.objects.create(user=people["mediator"], fee=dollars(10), admitted_at=stage.now)
    play = Play(order, mediator)
    if dispute in ("none R", "rejected", "mediated", "proposed"):
        Order.objects.filter(pk=order.pk).update(policy=Policy.REJECTION)
    match dispute:
        case "asked B":
            canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.later())
        case "asked S":
            Order.objects.filter(pk=order.pk).update(seller_waits_since=stage.now - timedelta(days=2))
            rule = {"placed": "CAN-08", "in_work": "CAN-12"}.get(status)
            if rule is None:  # no reason of the seller's asks while a delivery waits: the answer came before it
                Order.objects.filter(pk=order.pk).update(status="in_work", review_due_at=None)
                canceling.cancel(order.pk, "CAN-12", by=stage.seller, now=stage.later())
                work.deliver(order.pk, text="Done.", by=stage.seller, now=stage.later())
            else:
                canceling.cancel(order.pk, rule, by=stage.seller, now=stage.later())
        case "rejected" | "mediated" | "proposed":
            rejecting.reject(order.pk, text="Not this.", by=stage.buyer, now=stage.later())
        case "case":
            play.case = cases.open_case(order.pk, text="Help.", by=stage.buyer, now=stage.later())
            play.proposal = settling.offer(order.pk, dollars(20), text="", by=stage.buyer, now=stage.later())
    if dispute in ("mediated", "proposed"):
        play.mediation = rejecting.hire(order.pk, mediator, by=stage.seller, now=stage.later())
    if dispute == "proposed":
        assert play.mediation is not None
        play.proposal = rejecting.propose(
            play.mediation.pk, dollars(20), text="So.", by=people["mediator"], now=stage.later()
        )
    play.order = Order.objects.select_related("kwork").get(pk=order.pk)
    return play


def _moment(stage: Stage, order: Order, timer: str, when: str) -> datetime:
    """One second before the verb's timer, or exactly at it; for a verb without one, soon or much later."""
    moment = order.placed_at + timedelta(minutes=20) if timer == "mistake" else timer and getattr(order, timer)
    if not moment:
        return stage.now + 2 * SECOND if when == "before" else stage.now + timedelta(days=365)
    return moment - SECOND if when == "before" else moment


def _try(play: Play, name: str, actor: str, people: dict[str, User], now: datetime) -> None:
    if name in BY_CLOCK:
        if actor != "clock":
            raise NotAllowed("Nobody but the clock has this lever.")
        BY_CLOCK[name][1](play.pk, now)
    elif actor == "clock":
        raise NotAllowed("The clock has no hands for this.")
    else:
        VERBS[name][1](play, people[actor], now)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize(("status", "dispute"), STATES)
@pytest.mark.rule("ORD-12")
@pytest.mark.rule("CAN-15")
@pytest.mark.rule("CAN-17")
@pytest.mark.rule("ARB-02")
@pytest.mark.rule("REV-04")
def test_an_order_does_what_the_table_allows_and_nothing_else(
    stage: Stage, people: dict[str, User], status: str, dispute: str, when: str
) -> None:
    play = _stand(stage, people, status, dispute)
    before = facts(play.pk)
    wrong = []
    for name, (timer, _do) in (VERBS | BY_CLOCK).items():
        now = _moment(stage, play.order, timer, when)
        for actor in ACTORS:
            if actor == "mediator" and play.mediation is None:
                continue  # nobody hired: a stranger
            if (name, actor, status, dispute, when) in ALLOWED:
                wrong += _taken_once(play, name, actor, people, now)
                continue
            refusal = _refusal(play, name, actor, people, now)
            if not refusal.endswith("."):
                wrong.append(f"{name} by {actor}: {refusal or 'allowed'}")
    assert wrong == []
    assert facts(play.pk) == before


def _taken_once(play: Play, name: str, actor: str, people: dict[str, User], now: datetime) -> list[str]:
    """Takes an allowed step twice, and then back; what was wrong with it."""
    wrong = []
    with transaction.atomic():
        refusal = _refusal(play, name, actor, people, now)
        if refusal:
            wrong.append(f"{name} by {actor}: {refusal}")
        elif name not in REPEATED:
            after = facts(play.pk)
            if not _refusal(play, name, actor, people, now) or facts(play.pk) != after:
                wrong.append(f"{name} by {actor}: twice")
        transaction.set_rollback(True)
    return wrong


def _refusal(play: Play, name: str, actor: str, people: dict[str, User], now: datetime) -> str:
    """The refusal's sentence, empty when the step was taken."""
    try:
        _try(play, name, actor, people, now)
    except Invalid as refusal:
        pytest.fail(f"{name} by {actor} was given something unusable: {refusal}")
    except Refusal as refusal:
        return str(refusal)
    return ""


def test_the_table_names_only_what_there_is() -> None:
    names = VERBS.keys() | BY_CLOCK.keys()
    assert {verb for verb, *_ in ALLOWED} == names
    assert {dispute for *_, dispute, _ in ALLOWED} == set(DISPUTES)
    assert {status for status, _ in STATES} == {status.value for status in Status}
