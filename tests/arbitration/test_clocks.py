"""The clock of each disagreement says who must act until when, and what happens to money and rating if nobody does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from arbitration.models import WaitsFor
from arbitration.queries import clocks
from arbitration.steps import canceling, cases, rejecting, settling
from core.money import dollars
from orders.models import Order, Status
from orders.moves import Actor
from orders.queries.clocks import Clock, consequences
from tests.arbitration.pages import a_mediation, a_rejected_order
from tests.stage import Stage

pytestmark = pytest.mark.rule("DIS-01", "ORD-12")


def _clock(order: Order, user: User, stage: Stage) -> Clock:
    order.refresh_from_db()
    found = clocks.of(order, user, stage.now)
    assert found is not None
    assert consequences(order, user, stage.now)[0] == found
    with CaptureQueriesContext(connection) as captured:
        clocks.of(order, user, stage.now)
    assert len(captured) == 1
    return found


@pytest.mark.rule("CAN-15")
@pytest.mark.parametrize(
    ("rule", "rating"),
    [("CAN-03", "Your rating stays as it is."), ("CAN-07", "This counts against your rating.")],
)
def test_a_request_waits_for_the_other_side(stage: Stage, ada: User, rule: str, rating: str) -> None:
    order = stage.an_order()
    canceling.cancel(order.pk, rule, by=stage.buyer, now=stage.now)
    mine, theirs = _clock(order, stage.seller, stage), _clock(order, stage.buyer, stage)
    assert mine.label == "You confirm or decline the cancellation"
    assert mine.consequence == f"It is confirmed by itself. $50.00 goes back to Bea Buyer. {rating}"
    assert (mine.at, mine.actor, mine.mine) == (stage.now + timedelta(days=2), Actor.SELLER, True)
    assert theirs.label == "Sam Seller confirms or declines the cancellation"
    assert "$50.00 returns to your balance." in theirs.consequence
    assert not theirs.mine
    assert not _clock(order, ada, stage).mine
    stage.later(timedelta(days=1, hours=20))
    assert (_clock(order, stage.seller, stage).tone, _clock(order, stage.buyer, stage).tone) == ("caution", "")


@pytest.mark.rule("REV-03", "REV-05")
def test_a_rejection_names_who_acts_at_each_of_its_stations(stage: Stage) -> None:
    order = a_rejected_order(stage)
    rejected = _clock(order, stage.seller, stage)
    assert rejected.label == "You approve the rejection or hire a mediator"
    assert "This counts against your rating." in rejected.consequence
    mediation = a_mediation(stage, order)
    mia = mediation.mediator.user
    hired, mine = _clock(order, stage.buyer, stage), _clock(order, mia, stage)
    assert hired.label == "Mia Mediator proposes a settlement"
    assert "its fee of $30.00 goes back" in hired.consequence
    assert "what was left of its time" in hired.consequence
    assert (mine.label, mine.mine, mine.actor) == ("You propose a settlement", True, Actor.MEDIATOR)
    made = rejecting.propose(mediation.pk, dollars(20), text="Share.", by=mia, now=stage.later())
    assert _clock(order, stage.buyer, stage).label == "You answer the mediator's proposal"
    assert _clock(order, mia, stage).label == "The mediator's proposal waits for Bea Buyer & Sam Seller"
    settling.agree(made.pk, by=stage.buyer, now=stage.later())
    assert _clock(order, stage.buyer, stage).label == "The mediator's proposal waits for Sam Seller"
    assert _clock(order, stage.seller, stage).mine
    rejecting.end_mediation(order.pk, by=stage.seller, now=stage.later())
    assert _clock(order, stage.seller, stage).label == "You approve the rejection or go to arbitration"
    assert _clock(order, stage.buyer, stage).label == "Sam Seller approves the rejection or goes to arbitration"


@pytest.mark.rule("ARB-02")
def test_a_case_has_no_deadline_and_says_whose_word_it_waits_for(stage: Stage, ada: User) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    case = cases.open_case(order.pk, text="Not mine.", by=stage.buyer, now=stage.now)
    mine, theirs = _clock(order, stage.seller, stage), _clock(order, stage.buyer, stage)
    assert (mine.label, mine.mine, mine.at) == ("Your view is asked for", True, None)
    assert (theirs.label, theirs.mine) == ("Sam Seller is asked for a view", False)
    assert "There is no deadline" in mine.stands
    cases.state(case.pk, text="It is.", by=stage.seller, now=stage.now)
    assert _clock(order, stage.seller, stage).label == "Support looks into the case"
    cases.ask(case.pk, WaitsFor.BUYER, text="Why?", by=ada, now=stage.now)
    assert _clock(order, stage.buyer, stage).mine


def test_in_peace_there_is_none(stage: Stage) -> None:
    assert clocks.of(stage.an_order(), stage.buyer, stage.now) is None
