"""A case at the desk: seen whole beside its order, taken, asked about, noted on; every step is in the log (ARB-03, ARB-08)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from arbitration.models import Case, CaseEntry, CaseStatus, WaitsFor
from arbitration.queries import dossier
from arbitration.steps import cases, settling
from core.models import Event, Upload
from core.money import dollars
from core.uploads import receive
from orders.models import Status
from orders.moves import Actor
from orders.steps import thread, work
from tests.arbitration.hearing import Desk, a_case, may_decide
from tests.kworks.files import a_file
from tests.orders.visits import at, signed_in, words
from tests.stage import Stage, a_person

pytestmark = pytest.mark.rule("ARB-03")


@pytest.fixture
def arbiter(ada: User) -> User:
    return may_decide(ada)


@pytest.fixture
def at_desk(stage: Stage, arbiter: User) -> Desk:
    return Desk(stage, arbiter)


def _upload(by: User, stage: Stage, name: str = "proof.png") -> Upload:
    return receive(a_file(name), by=by, now=stage.now)


def _reads(case: Case) -> list[str]:
    events = Event.objects.filter(kind="case.read", subject_id=case.pk).order_by("pk")
    return [event.facts["what"] for event in events]


def test_the_case_stands_beside_the_whole_order(stage: Stage, at_desk: Desk, arbiter: User) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    thread.write(order.pk, text="Is it blue?", files=[_upload(stage.buyer, stage)], by=stage.buyer, now=stage.later())
    work.deliver(order.pk, text="The first draft.", by=stage.seller, now=stage.later())
    case = a_case(stage, order, text="It is not blue at all.")
    cases.state(case.pk, text="It was never asked for.", by=stage.seller, now=stage.later())
    settling.offer(order.pk, dollars(10), text="Ten back?", by=stage.seller, now=stage.later())
    cases.ask(case.pk, WaitsFor.SELLER, text="Where is the sketch?", by=arbiter, now=stage.later())
    cases.note(case.pk, text="Seems fair.", by=arbiter, now=stage.later())
    page = words(at_desk.get("desk-case", case.pk))
    for told in (
        "It is not blue at all.",
        "It was never asked for.",
        "Question to the seller",
        "Where is the sketch?",
        "Private note",
        "Seems fair.",
        "$10.00 of $50.00 to the buyer",
        "Ten back?",
        "Is it blue?",
        "proof.png",
        "Delivery 1",
        "The first draft.",
        "Tell me the name of your company.",
        "Held in escrow now: $50.00",
        f"escrow:order:{order.pk}",
        "−$50.00",
        "Commission: 20% of the price",
        "Work started",
    ):
        assert told in page, told


def test_an_arbiter_claims_a_case_and_another_takes_it_over(stage: Stage, at_desk: Desk, mo: User) -> None:
    case = a_case(stage)
    assert "Claim" in words(at_desk.get("desk-case", case.pk))
    assert "The case is yours." in words(at_desk.post("desk-claim", case))
    assert "You have taken this case already." in words(at_desk.post("desk-claim", case))
    other = Desk(stage, mo)
    assert "Take over" in words(other.get("desk-case", case.pk))
    assert "Ada Arbiter has taken this case meanwhile." in words(other.post("desk-claim", case))
    case.refresh_from_db()
    assert case.arbiter == at_desk.user
    assert "The case is yours." in words(other.post("desk-claim", case, {"over": "1"}))
    case.refresh_from_db()
    assert case.arbiter == mo
    assert Event.objects.filter(kind="case.claimed", subject_id=case.pk).count() == 2


@pytest.mark.parametrize("side", ["buyer", "seller"])
def test_each_side_can_be_asked_and_a_double_click_asks_once(stage: Stage, at_desk: Desk, side: str) -> None:
    case, token = a_case(stage), uuid4()
    for _click in range(2):
        page = words(at_desk.post("desk-ask", case, {"text": "What was agreed?", "to": side, "token": token}))
        assert "What was agreed?" in page
    question = CaseEntry.objects.get(case=case, kind="question")
    assert (question.to, question.author) == (side, at_desk.user)
    case.refresh_from_db()
    assert case.waits_for == side


def test_a_note_is_kept_from_the_sides(stage: Stage, at_desk: Desk) -> None:
    case, token = a_case(stage), uuid4()
    for _click in range(2):
        assert "He lies." in words(at_desk.post("desk-note", case, {"text": "He lies.", "token": token}))
    assert CaseEntry.objects.filter(case=case, kind="note").count() == 1
    for side in (stage.buyer, stage.seller):
        with at(stage.now):
            for page in (case.order.get_absolute_url(), reverse("order-dispute", args=[case.order.number])):
                assert "He lies." not in words(signed_in(side).get(page))


@pytest.mark.parametrize(
    ("name", "sent", "sentence"),
    [
        ("desk-ask", {"text": "Kept words", "to": "nobody"}, "Choose the side that you ask."),
        ("desk-ask", {"text": "Kept words" + "x" * 5_000, "to": "buyer"}, "at most 5000 characters"),
        ("desk-ask", {"text": "  ", "to": "buyer"}, "This field is required."),
        ("desk-note", {"text": "Kept words" + "x" * 5_000}, "at most 5000 characters"),
    ],
)
def test_what_is_refused_is_said_and_kept(
    stage: Stage, at_desk: Desk, name: str, sent: dict[str, str], sentence: str
) -> None:
    case = a_case(stage)
    page = words(at_desk.post(name, case, sent))
    assert sentence in page
    assert sent["text"].strip() in page
    assert CaseEntry.objects.filter(case=case).count() == 1


def test_words_for_a_case_that_closed_meanwhile_are_shown_again(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)
    settling.concede(case.order_id, by=stage.buyer, now=stage.later())
    for name in ("desk-ask", "desk-note"):
        page = words(at_desk.post(name, case, {"text": "A long question", "to": "buyer"}))
        assert "This case is closed: “Settled by the sides”." in page
        assert "This was not done. What you wrote is kept here." in page
        assert "A long question" in page
    assert "This case is closed" in words(at_desk.post("desk-claim", case))
    assert CaseEntry.objects.filter(case=case).count() == 1
    assert Case.objects.get(pk=case.pk).status == CaseStatus.SETTLED


@pytest.mark.rule("ARB-08")
def test_reading_is_logged_once_in_ten_minutes_for_each_reader(stage: Stage, at_desk: Desk, mo: User) -> None:
    case = a_case(stage)
    for _time in range(3):
        at_desk.get("desk-case", case.pk)
    assert _reads(case) == ["case"]
    Desk(stage, mo).get("desk-case", case.pk)
    assert _reads(case) == ["case"] * 2
    stage.later(timedelta(minutes=10))
    page = words(at_desk.get("desk-case", case.pk))
    assert _reads(case) == ["case"] * 3
    assert page.count("Read the case") == 3
    assert "Ada Arbiter" in page


@pytest.mark.rule("ARB-08")
def test_every_fetch_of_a_file_is_logged_and_only_files_of_the_case_are_there(
    stage: Stage, at_desk: Desk, arbiter: User, sten: User
) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    said, stated = _upload(stage.seller, stage, "draft.png"), _upload(stage.buyer, stage, "proof.png")
    thread.write(order.pk, text="See.", files=[said], by=stage.seller, now=stage.later())
    case = cases.open_case(order.pk, text="Look.", files=[stated], by=stage.buyer, now=stage.later())
    strange = _upload(sten, stage, "strange.png")
    for upload in (said, stated, stated):
        answer = at_desk.get("desk-file", case.pk, upload.pk)
        assert b"".join(answer.streaming_content)[:4] == b"\x89PNG"  # type: ignore[attr-defined]
        assert answer["Cache-Control"] == "private, no-store"
    assert at_desk.get("desk-file", case.pk, strange.pk).status_code == 404
    assert Desk(stage, stage.buyer).get("desk-file", case.pk, said.pk).status_code == 404
    assert _reads(case) == ["file: draft.png", "file: proof.png", "file: proof.png"]
    assert dossier.log(case)[-1].words == "Fetched the file “proof.png”"


@pytest.mark.rule("ARB-08")
def test_every_step_is_in_the_log_with_its_actor_and_time(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)
    stage.later(timedelta(seconds=7))
    at_desk.post("desk-claim", case, follow=False)
    at_desk.post("desk-ask", case, {"text": "Why?", "to": "buyer"}, follow=False)
    cases.state(case.pk, text="So.", by=stage.buyer, now=stage.later())
    at_desk.post("desk-note", case, {"text": "Hm."}, follow=False)
    steps = [(step.actor, step.words) for step in dossier.log(case)]
    assert steps == [
        ("Bea Buyer", "Opened the case"),
        ("Ada Arbiter", "Took the case"),
        ("Ada Arbiter", "Asked the buyer"),
        ("Bea Buyer", "Gave a statement"),
        ("Ada Arbiter", "Wrote a private note"),
    ]
    assert ":07 AM UTC" in words(at_desk.get("desk-case", case.pk))


def test_a_page_costs_the_same_with_one_statement_and_with_many(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert at_desk.get("desk-case", case.pk).status_code == 200
        return len(queries)

    cases.state(case.pk, text="1", files=[_upload(stage.seller, stage)], by=stage.seller, now=stage.later())
    thread.write(case.order_id, text="1", files=[_upload(stage.seller, stage)], by=stage.seller, now=stage.later())
    cost()
    once = cost()
    for number in range(3):
        more, further = _upload(stage.seller, stage), _upload(stage.seller, stage)
        cases.state(case.pk, text=str(number), files=[more], by=stage.seller, now=stage.later())
        thread.write(case.order_id, text=str(number), files=[further], by=stage.seller, now=stage.later())
    assert cost() == once <= 45


def test_staff_of_a_group_with_the_permission_can_do_all_of_it(stage: Stage) -> None:
    support = Group.objects.create(name="Support")
    support.permissions.add(Permission.objects.get(codename="arbitrate"))
    dora = a_person("dora", "Dora Decides", now=stage.now, is_staff=True)
    dora.groups.add(support)
    somebody, case = Desk(stage, dora), a_case(stage)
    assert "The case is yours." in words(somebody.post("desk-claim", case))
    assert "The question was sent." in words(somebody.post("desk-ask", case, {"text": "Why?", "to": "seller"}))
    cases.decide(case.pk, cases.Decision(dollars(10), Actor.SELLER, False, "Done."), by=dora, now=stage.later())
    assert "Decided for the seller" in words(somebody.get("desk-case", case.pk))
