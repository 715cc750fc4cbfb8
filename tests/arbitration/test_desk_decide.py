"""Deciding at the desk: what is previewed is posted, nothing typed is lost, nothing is decided twice (ARB-04 to ARB-06)."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from accounts.models import User
from arbitration.models import Case, CaseStatus
from arbitration.queries import verdict
from arbitration.steps import cases, settling
from core.money import Money, dollars
from core.refusals import OutOfTurn
from finance.models import Posting
from orders.models import Order, Outcome, Status
from orders.moves import Actor
from orders.steps import checkout, work
from reputation import queries as reputation
from tests.arbitration.hearing import DECISION, Desk, a_case, may_decide
from tests.orders.facts import facts
from tests.orders.visits import words
from tests.stage import Stage, give, give_bonus

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.rule("ARB-04")

HIDDEN = re.compile(r'<input type="hidden" name="(?P<name>\w+)" value="(?P<value>[^"]*)">')
SHOWN_LINE = re.compile(
    r"desk-account\">(?P<key>[\w:]+)</span>.*?<data class=\"[^\"]*\"\s+value=\"(?P<amount>[-\d.]+)\"", re.S
)


@pytest.fixture
def at_desk(stage: Stage, ada: User) -> Desk:
    return Desk(stage, may_decide(ada))


def _preview(at_desk: Desk, case: Case, **typed: object) -> Answer:
    return at_desk.post("desk-decide", case, {**DECISION, "step": "preview", **typed})


def _press(at_desk: Desk, case: Case, preview: Answer, **changed: object) -> Answer:
    """Press the last button of a preview with just what it carries."""
    carried = {each["name"]: unescape(each["value"]) for each in HIDDEN.finditer(preview.content.decode())}
    return at_desk.post("desk-decide", case, {**carried, "step": "decide", **changed})


def _shown(preview: Answer) -> dict[str, Money]:
    """The postings as the page shows them, those of nothing left out."""
    lines = {each["key"]: Money.parse(each["amount"]) for each in SHOWN_LINE.finditer(preview.content.decode())}
    return {key: amount for key, amount in lines.items() if amount}


def _posted(order: Order, after: int) -> dict[str, Money]:
    lines = Posting.objects.filter(entry__reference=order.number, pk__gt=after)
    return dict(lines.values_list("account__key", "amount"))


@pytest.mark.parametrize("bonus", [0, 15, 50])
@pytest.mark.parametrize("refunded", ["0", "0.01", "16.67", "25", "49.99", "50"])
def test_what_is_previewed_is_what_is_posted(stage: Stage, at_desk: Desk, bonus: int, refunded: str) -> None:
    if bonus:
        give_bonus(stage.buyer, dollars(bonus), now=stage.now)
    give(stage.buyer, dollars(50), now=stage.now)
    order = checkout.place(stage.a_choice().pk, by=stage.buyer, now=stage.now)
    case = a_case(stage, order)
    last = Posting.objects.order_by("-pk").values_list("pk", flat=True)[0]
    favor = "seller" if refunded == "0" else "buyer"
    preview = _preview(at_desk, case, refunded=refunded, favor=favor)
    shown = _shown(preview)
    assert shown
    assert sum(amount.cents for amount in shown.values()) == 0
    assert _posted(order, last) == {}
    assert "You have decided" in words(_press(at_desk, case, preview))
    assert _posted(order, last) == shown


def test_the_preview_says_everything_that_follows(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)
    before = facts(case.order_id)["postings"]
    page = words(_preview(at_desk, case, refunded="20", favor="buyer"))
    for told in (
        "Main balance of Bea Buyer (buyer)",
        "+$20.00",
        "Bonus balance of Bea Buyer (buyer)",
        "$0.00",
        "Main balance of Sam Seller (seller)",
        "+$24.00",
        "Commission of the site",
        "+$6.00",
        "Escrow of the order",
        "−$50.00",
        "It counts against the rating of Sam Seller.",
        "Bea Buyer may leave feedback on this order, also negative.",
        "Half of it is missing.",
    ):
        assert told in page, told
    assert facts(case.order_id)["postings"] == before
    assert Case.objects.get(pk=case.pk).status == CaseStatus.OPEN


@pytest.mark.rule("ARB-05")
@pytest.mark.rule("ARB-06")
@pytest.mark.parametrize("favor", ["buyer", "seller"])
@pytest.mark.parametrize("beyond", [False, True])
def test_rating_and_feedback_follow_what_was_previewed(stage: Stage, at_desk: Desk, favor: str, beyond: bool) -> None:
    case = a_case(stage)
    preview = _preview(at_desk, case, favor=favor, **({"beyond_order": "on"} if beyond else {}))
    page = words(preview)
    assert ("It counts against the rating" in page) is (favor == "buyer")
    assert ("cannot leave feedback: the demands went beyond the order" in page) is beyond
    _press(at_desk, case, preview)
    outcome = Outcome.objects.get(order=case.order_id)
    assert (outcome.lowers_seller, outcome.feedback, outcome.cause) == (favor == "buyer", not beyond, "ARB-04")
    case.refresh_from_db()
    order = Order.objects.get(pk=case.order_id)
    assert order.status == Status.SPLIT
    assert reputation.may_leave(order, stage.buyer) is not beyond
    assert (case.arbiter, case.favor, case.beyond_order, case.reason) == (
        at_desk.user,
        favor,
        beyond,
        DECISION["reason"],
    )


@pytest.mark.parametrize(
    ("fill", "sum_", "favor"), [("buyer", "50.00", "buyer"), ("seller", "0.00", "seller"), ("half", "25.00", "")]
)
def test_the_usual_sums_are_filled_in_and_the_rest_stays(
    stage: Stage, at_desk: Desk, fill: str, sum_: str, favor: str
) -> None:
    case = a_case(stage)
    typed = {"fill": fill, "refunded": "nonsense", "reason": "Typed already", "beyond_order": "on"}
    answer = at_desk.post("desk-decide", case, typed)
    form = answer.context["forms"]["decide"]
    assert form["refunded"].value() == sum_
    assert form["favor"].value() == favor
    assert form["beyond_order"].value()
    assert "Typed already" in words(answer)
    assert not Outcome.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"refunded": "50.01"}, "The most is $50."),
        ({"refunded": "-1"}, "The least is $0."),
        ({"refunded": "much"}, "Enter an amount in dollars"),
        ({"refunded": "", "favor": "seller"}, "This field is required."),
        ({"favor": ""}, "Say in whose favor you decide."),
        ({"favor": "staff"}, "Choose one of those that are offered"),
        ({"reason": "  "}, "Write the reason of your decision: both sides read it."),
        ({"refunded": "50", "favor": "seller"}, "All of the money to the buyer is a decision in the buyer's favor."),
        ({"refunded": "0", "favor": "buyer"}, "All of the money to the seller is a decision in the seller's favor."),
    ],
)
@pytest.mark.parametrize("step", ["preview", "decide"])
def test_what_cannot_be_decided_is_said_and_kept(
    stage: Stage, at_desk: Desk, typed: dict[str, str], sentence: str, step: str
) -> None:
    case = a_case(stage)
    before = facts(case.order_id)["postings"]
    page = words(at_desk.post("desk-decide", case, {**DECISION, **typed, "step": step}))
    assert sentence in page
    assert typed.get("reason", DECISION["reason"]).strip() in page
    assert facts(case.order_id)["postings"] == before
    assert Case.objects.get(pk=case.pk).status == CaseStatus.OPEN


def test_going_back_keeps_what_was_typed(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)
    form = at_desk.post("desk-decide", case, {**DECISION, "step": "edit"}).context["forms"]["decide"]
    assert (form["refunded"].value(), form["favor"].value(), form["reason"].value()) == (
        "20.00",
        "buyer",
        DECISION["reason"],
    )


def test_nothing_is_decided_that_was_not_looked_at(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)
    for carried in ("", "buyer 0 -1 2 3"):
        page = words(at_desk.post("desk-decide", case, {**DECISION, "step": "decide", "shown": carried}))
        assert "What the decision does has changed since you looked. Nothing was decided" in page
    preview = _preview(at_desk, case)
    assert "has changed since you looked" in words(_press(at_desk, case, preview, refunded="30"))
    assert "has changed since you looked" in words(_press(at_desk, case, preview, favor="seller"))
    assert not Outcome.objects.exists()


def test_a_total_that_changed_between_look_and_lock_is_refused(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)
    looked_at = cases.Decision(dollars(20), Actor.BUYER, False, "Because.", total=dollars(49))
    before = facts(case.order_id)
    with pytest.raises(OutOfTurn, match="has changed since you looked"):
        cases.decide(case.pk, looked_at, by=at_desk.user, now=stage.later())
    assert facts(case.order_id) == before


def test_a_case_that_was_settled_meanwhile_is_not_decided(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)
    preview = _preview(at_desk, case)
    settling.concede(case.order_id, by=stage.buyer, now=stage.later())
    before = facts(case.order_id)["postings"]
    page = words(_press(at_desk, case, preview))
    assert "This case is closed: “Settled by the sides”." in page
    assert "What you wrote is kept here." in page
    assert DECISION["reason"] in page
    assert facts(case.order_id)["postings"] == before


def test_pressed_twice_it_is_decided_once(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)
    preview = _preview(at_desk, case)
    _press(at_desk, case, preview)
    after = facts(case.order_id)["postings"]
    page = words(_press(at_desk, case, preview))
    assert "This case is closed: “Decided”." in page
    assert "What you wrote is kept here." not in page
    assert facts(case.order_id)["postings"] == after
    assert Outcome.objects.count() == 1


def test_another_arbiter_who_comes_second_is_told_and_keeps_the_words(stage: Stage, at_desk: Desk, mo: User) -> None:
    case, other = a_case(stage), Desk(stage, mo)
    mine, theirs = _preview(at_desk, case), _preview(other, case, refunded="50", reason="Everything is wrong.")
    _press(at_desk, case, mine)
    page = words(_press(other, case, theirs))
    assert "This case is closed: “Decided”." in page
    assert "Everything is wrong." in page
    case.refresh_from_db()
    assert (case.arbiter, case.refunded) == (at_desk.user, dollars(20))


def test_a_decided_case_shows_how_and_has_no_forms(stage: Stage, at_desk: Desk) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    work.deliver(order.pk, text="Here.", by=stage.seller, now=stage.later())
    case = a_case(stage, order)
    page = words(_press(at_desk, case, _preview(at_desk, case)))
    for told in ("Decided for the buyer", "$20.00", "$24.00", "Half of it is missing.", "Held in escrow now: $0.00"):
        assert told in page
    for form in ("desk-claim", "Ask the buyer", "See what follows", "Save the note"):
        assert form not in page


def test_the_seal_names_all_that_is_shown(stage: Stage) -> None:
    order = a_case(stage).order
    seals = {
        verdict.foreseen(order, cases.Decision(dollars(sum_), favor, beyond, "Because.")).seal
        for sum_ in (10, 20)
        for favor in (Actor.BUYER, Actor.SELLER)
        for beyond in (True, False)
    }
    assert len(seals) == 8
