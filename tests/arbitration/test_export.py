"""A case as one document, with its evidence: for arbiters only, and each time in the log (ARB-08)."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from accounts.models import User
from arbitration.models import WaitsFor
from arbitration.queries import dossier, export
from arbitration.steps import canceling, cases, settling
from core.models import Event
from core.money import dollars
from core.uploads import receive
from finance.models import Entry
from orders.models import Status
from orders.moves import Actor
from orders.steps import offers, thread, work
from tests.arbitration.hearing import Desk, a_case, may_decide
from tests.kworks.files import a_file
from tests.stage import Stage

pytestmark = pytest.mark.rule("ARB-08")

ODD = "Ж Ω ß <b>&amp;</b> \U0001f600 שלום " + "w" * 300


@pytest.fixture
def at_desk(stage: Stage, ada: User) -> Desk:
    return Desk(stage, may_decide(ada))


def _read(content: bytes) -> str:
    """The document as one text without line breaks, as lines are broken anywhere."""
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def _holds(text: str, told: str) -> bool:
    return "".join(told.split()) in text


def test_the_document_holds_the_whole_case(stage: Stage, at_desk: Desk) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    upload = receive(a_file("draft.png"), by=stage.seller, now=stage.now)
    proof = receive(a_file("proof.png"), by=stage.buyer, now=stage.now)
    thread.write(order.pk, text="Is it blue?", by=stage.buyer, now=stage.later())
    work.deliver(order.pk, text="The first draft.", files=[upload], by=stage.seller, now=stage.later())
    case = cases.open_case(order.pk, text=ODD, files=[proof], by=stage.buyer, now=stage.later())
    settling.offer(order.pk, dollars(10), text="Ten back?", by=stage.seller, now=stage.later())
    cases.ask(case.pk, WaitsFor.SELLER, text="Where is the sketch?", by=at_desk.user, now=stage.later())
    cases.note(case.pk, text="Between us: he lies.", by=at_desk.user, now=stage.later())
    decision = cases.Decision(dollars(20), Actor.BUYER, True, "Half of it is missing.")
    cases.decide(case.pk, decision, by=at_desk.user, now=stage.later())
    answer = at_desk.get("desk-export", case.pk)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="case-{order.number}.pdf"'
    assert answer["Cache-Control"] == "private, no-store"
    text = _read(answer.content)
    for told in (
        f"Case of order {order.number}",
        "Bea Buyer (bea)",
        "Sam Seller (sam)",
        "The seller starts within 24 hours",
        "Commission 20% of the price",
        "Tell me the name of your company.",
        "Is it blue?",
        "Delivery 1 · Sam Seller (sam), Seller",
        "The first draft.",
        "Ж Ω ß <b>&amp;</b> [U+1F600]",
        "w" * 300,
        "Question to the seller",
        "Where is the sketch?",
        "Ten back?",
        "draft.png",
        "proof.png",
        upload.sha256,
        proof.sha256,
        str(proof.size),
        "Half of it is missing.",
        "In favor of The buyer",
        "The demands went beyond the order Yes",
        "To the buyer $20.00 To the seller $24.00 Commission $6.00",
        "Opened the case",
        "Decided for the buyer",
        f"Made {stage.now:%Y-%m-%d %H:%M:%S} UTC",
        "by Ada Arbiter (ada)",
        "page 1 of ",
    ):
        assert _holds(text, told), told
    for entry in Entry.objects.filter(reference=order.number):
        assert _holds(text, entry.key)
        for posting in entry.postings.select_related("account"):
            assert _holds(text, posting.account.key)
    assert not _holds(text, "Between us: he lies.")


def test_what_was_asked_before_the_case_is_in_it_with_every_word(stage: Stage, at_desk: Desk) -> None:
    kwork = stage.a_kwork(extras=1)
    order = stage.an_order(Status.IN_WORK, kwork)
    offers.offer(order.pk, kwork.extras.get(), quantity=3, by=stage.seller, now=stage.later())
    canceling.cancel(order.pk, "CAN-03", text="We talked past each other. " * 30, by=stage.buyer, now=stage.later())
    canceling.decline(order.pk, text="We did not at all. " * 30, by=stage.seller, now=stage.later())
    text = _read(at_desk.get("desk-export", a_case(stage, order).pk).content)
    for told in (
        "Asked to cancel: Misunderstanding with the seller (Declined)",
        "We talked past each other. " * 30,
        "We did not at all. " * 30,
        "Extra 1 3 $30.00",
    ):
        assert _holds(text, told), told


def test_notes_are_in_it_only_when_asked_for_and_every_export_is_logged(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage)
    cases.note(case.pk, text="Between us: he lies.", by=at_desk.user, now=stage.later())
    for query, told in (({}, False), ({"notes": "1"}, True), ({"notes": "0"}, False), ({}, False)):
        text = _read(at_desk.get("desk-export", case.pk, **query).content)
        assert _holds(text, "Between us: he lies.") is told
        assert _holds(text, "With private notes of support staff." if told else "Without private notes") is True
    reads = [event.facts["what"] for event in Event.objects.filter(kind="case.read").order_by("pk")]
    assert reads == ["export", "export with notes", "export", "export"]
    assert [step.words for step in dossier.log(case)][-3] == "Exported the case with private notes"


def test_the_same_facts_give_the_same_file(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage, text=ODD)

    def made() -> bytes:
        return export.document(case, notes=True, by=at_desk.user, now=stage.now)

    first = made()
    assert made() == first
    cases.note(case.pk, text="New.", by=at_desk.user, now=stage.later())
    assert made() != first


def test_a_long_case_breaks_over_pages(stage: Stage, at_desk: Desk) -> None:
    case = a_case(stage, text="A long story. " * 350)
    for number in range(30):
        thread.write(case.order_id, text=f"{number} and so on. " * 40, by=stage.buyer, now=stage.later())
    pages = PdfReader(BytesIO(export.document(case, notes=False, by=at_desk.user, now=stage.now))).pages
    assert len(pages) > 5
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in page.extract_text()


def test_a_case_without_a_decision_and_a_line_says_so(stage: Stage, at_desk: Desk) -> None:
    text = _read(at_desk.get("desk-export", a_case(stage, stage.an_order()).pk).content)
    for told in ("The case is open: nothing has been decided.", "Nothing was written.", "There are none."):
        assert _holds(text, told)
