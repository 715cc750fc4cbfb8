"""The order's page: who sees it, what it says, what may be pressed, and that nothing typed is lost (ORD-12)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from arbitration.steps import canceling, cases
from core.models import Upload
from core.uploads import receive
from orders.models import Message, Order, Status
from orders.steps import thread, work
from tests.kworks.files import a_file
from tests.orders.facts import facts
from tests.orders.visits import HTMX, at, signed_in, words
from tests.stage import Stage

pytestmark = pytest.mark.rule("ORD-12")

DAY = timedelta(days=1)
BUTTONS = {
    "information": "order-information",
    "start": "order-start",
    "remind": "order-remind",
    "deliver": "order-deliver",
    "accept": "order-accept",
    "return": "order-return",
    "message": "order-message",
}


def _page(order: Order, user: User, stage: Stage) -> str:
    with at(stage.now):
        answer = signed_in(user).get(order.get_absolute_url())
    assert answer.status_code == 200
    return words(answer)


def _post(order: Order, user: User, name: str, stage: Stage, **data: object) -> str:
    with at(stage.now):
        answer = signed_in(user).post(reverse(name, args=[order.number]), data, follow=True)
    assert answer.status_code == 200
    return words(answer)


@pytest.mark.parametrize(
    ("status", "buyer_may", "seller_may"),
    [
        (Status.PLACED, {"information", "message"}, {"start", "remind", "message"}),
        (Status.IN_WORK, {"information", "message"}, {"deliver", "message"}),
        (Status.DELIVERED, {"information", "accept", "return", "message"}, {"message"}),
        (Status.COMPLETED, set(), set()),
        (Status.CANCELED, set(), set()),
        (Status.SPLIT, set(), set()),
    ],
)
def test_the_page_offers_exactly_what_may_be_done(
    stage: Stage, status: Status, buyer_may: set[str], seller_may: set[str], ada: User
) -> None:
    order = stage.an_order(at=status)
    for user, allowed in ((stage.buyer, buyer_may), (stage.seller, seller_may), (ada, set())):
        page = _page(order, user, stage)
        offered = {verb for verb, name in BUTTONS.items() if f'action="{reverse(name, args=[order.number])}"' in page}
        assert offered == allowed, user.login


def test_strangers_and_guests_find_no_trace_of_an_order(stage: Stage, sten: User) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    before = facts(order.pk)
    stranger = signed_in(sten)
    assert stranger.get(order.get_absolute_url()).status_code == 404
    for name in BUTTONS.values():
        url = reverse(name, args=[order.number])
        assert stranger.post(url, {"text": "Hello"}).status_code == 404
        assert stranger.get(url).status_code == 405
        stranger.logout()
        assert reverse("account_login") in stranger.post(url, {"text": "Hello"}).headers["Location"]
        stranger.force_login(sten)
    assert facts(order.pk) == before


def test_staff_read_and_change_nothing(stage: Stage, ada: User) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    assert "You see this order as staff" in _page(order, ada, stage)
    before = facts(order.pk)
    for name in BUTTONS.values():
        assert signed_in(ada).post(reverse(name, args=[order.number]), {"text": "Hello"}).status_code == 404
    assert facts(order.pk) == before


@pytest.mark.rule("ORD-04")
def test_after_paying_the_buyer_is_shown_the_instruction_and_asked(stage: Stage) -> None:
    order = stage.an_order()
    page = _page(order, stage.buyer, stage)
    assert "Sam Seller needs information from you" in page
    assert "Tell me the name of your company." in page
    page = _post(order, stage.buyer, "order-information", stage, text="Kiln & Co.", token=uuid4())
    assert "The information was sent." in page
    assert "needs information from you" not in page
    assert "Add to the information" in page


@pytest.mark.rule("ORD-09")
def test_a_whole_order_can_be_walked_by_its_buttons(stage: Stage) -> None:
    order = stage.an_order()
    assert "You started working." in _post(order, stage.seller, "order-start", stage)
    page = _post(order, stage.seller, "order-deliver", stage, text="First", token=uuid4(), uploads=[a_file()])
    assert "Delivery 1" in page
    page = _post(order, stage.buyer, "order-return", stage, text="Larger, please.", token=uuid4())
    assert "Return for revision 1" in page
    _post(order, stage.seller, "order-deliver", stage, text="Second", token=uuid4())
    page = _post(order, stage.buyer, "order-accept", stage)
    assert "You accepted the result" in page
    order.refresh_from_db()
    assert order.status == Status.COMPLETED
    for line in ("Ordered. $50.00 is held in escrow.", "Work started", "Delivery 2", "Sam Seller was paid $40.00."):
        assert line in page


@pytest.mark.parametrize(
    ("name", "status", "by"),
    [
        ("order-message", Status.IN_WORK, "buyer"),
        ("order-information", Status.PLACED, "buyer"),
        ("order-deliver", Status.IN_WORK, "seller"),
        ("order-return", Status.DELIVERED, "buyer"),
    ],
)
def test_a_form_sent_twice_is_written_once(stage: Stage, name: str, status: Status, by: str) -> None:
    order = stage.an_order(at=status)
    user, token = getattr(stage, by), uuid4()
    _post(order, user, name, stage, text="Once.", token=token, uploads=[a_file()])
    after = facts(order.pk)
    page = _post(order, user, name, stage, text="Once.", token=token, uploads=[a_file()])
    assert facts(order.pk) == after
    assert "was not sent" not in page
    assert Upload.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "status", "by"), [("order-start", Status.PLACED, "seller"), ("order-accept", Status.DELIVERED, "buyer")]
)
def test_a_button_pressed_twice_acts_once_and_says_so(stage: Stage, name: str, status: Status, by: str) -> None:
    order = stage.an_order(at=status)
    _post(order, getattr(stage, by), name, stage)
    after = facts(order.pk)
    assert "This is no longer possible: the order is now" in _post(order, getattr(stage, by), name, stage)
    assert facts(order.pk) == after


@pytest.mark.rule("CAT-20")
def test_a_refused_file_keeps_the_text_and_the_good_file(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    before = facts(order.pk)
    files = [a_file("good.png"), a_file("bad.exe", b"MZ not a picture")]
    page = _post(order, stage.seller, "order-deliver", stage, text="Here it is.", token=uuid4(), uploads=files)
    assert "“bad.exe” is not accepted" in page
    assert "Here it is.</textarea>" in page
    kept = Upload.objects.get()
    assert f'name="kept" value="{kept.pk}" checked' in page
    assert facts(order.pk) == before
    page = _post(order, stage.seller, "order-deliver", stage, text="Here it is.", token=uuid4(), kept=[kept.pk])
    assert "good.png" in page
    assert Message.objects.get(order=order).attachments.get().upload == kept


def test_a_text_that_came_too_late_is_shown_and_not_sent(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    assert order.review_due_at is not None
    before = facts(order.pk)
    stage.now = order.review_due_at
    page = _post(order, stage.buyer, "order-return", stage, text="The tall letters are cut off.", token=uuid4())
    assert "The time for this has run out." in page
    assert "This was not sent. What you wrote is kept here." in page
    assert "The tall letters are cut off." in page
    assert facts(order.pk) == before


def test_somebody_elses_file_cannot_be_smuggled_in(stage: Stage, sten: User) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    foreign = receive(a_file("secret.png"), by=sten, now=stage.now)
    page = _post(order, stage.buyer, "order-message", stage, text="", token=uuid4(), kept=[foreign.pk, "nonsense"])
    assert "Write something or attach a file." in page
    assert "secret.png" not in page


@pytest.mark.rule("ORD-07")
def test_an_order_past_its_deadline_shows_as_expired(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.deadline is not None
    stage.now = order.deadline - timedelta(seconds=1)
    assert "Expired</span>" not in _page(order, stage.buyer, stage)
    stage.now = order.deadline
    for user in (stage.buyer, stage.seller):
        page = _page(order, user, stage)
        assert "Expired</span>" in page
        assert "Time is over" in page
        assert "Work and delivery can go on." in page


@pytest.mark.rule("ESC-01")
@pytest.mark.rule("ESC-02")
@pytest.mark.parametrize(
    ("status", "both", "buyers", "sellers"),
    [
        (Status.PLACED, "Held in escrow: $50.00", "The seller will receive: $40.00", "You will receive: $40.00"),
        (
            Status.COMPLETED,
            "Commission, taken of the price: $10.00",
            "Paid to the seller: $40.00",
            "You received: $40.00",
        ),
        (Status.SPLIT, "Refunded: $20.00", "Paid to the seller: $24.00", "You received: $24.00"),
        (Status.CANCELED, "Refunded: $50.00", "Price: $50.00", "Paid by the buyer: $50.00"),
    ],
)
def test_each_side_sees_what_is_paid_held_received_and_taken(
    stage: Stage, status: Status, both: str, buyers: str, sellers: str
) -> None:
    order = stage.an_order(at=status)
    for user, own in ((stage.buyer, buyers), (stage.seller, sellers)):
        page = _page(order, user, stage)
        for fact in (both, own):
            assert fact.replace(": ", "</dt><dd>") in page


def test_the_open_page_asks_what_is_new_and_gets_nothing_else(stage: Stage) -> None:
    order = stage.an_order()
    buyer = signed_in(stage.buyer)
    with at(stage.now):
        page = buyer.get(order.get_absolute_url())
        seen = page.context["seen"]
        assert buyer.get(order.get_absolute_url(), {"seen": seen}, headers=HTMX).status_code == 204
        work.start(order.pk, by=stage.seller, now=stage.now)
        part = buyer.get(order.get_absolute_url(), {"seen": seen}, headers=HTMX)
    assert part.headers["HX-Trigger"] == "order-changed"
    assert "HX-Request" in part.headers["Vary"]
    assert words(part).startswith('<div id="order-live"')
    assert "<html" not in words(part)
    assert "In work" in words(part)


def test_the_pages_queries_do_not_grow_with_what_is_written(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    buyer = signed_in(stage.buyer)

    def queries() -> int:
        with (
            at(stage.now),
            CaptureQueriesContext(
                connection,
            ) as captured,
        ):
            buyer.get(order.get_absolute_url())
        return len(captured)

    def write() -> None:
        upload = receive(a_file(), by=stage.buyer, now=stage.now)
        thread.write(order.pk, text="Look.", files=[upload], by=stage.buyer, now=stage.later())

    write()
    queries()
    first = queries()
    for _ in range(5):
        write()
    assert queries() == first
    assert first <= 32


@pytest.mark.rule("CAN-09")
def test_the_seller_reminds_the_buyer_of_the_information_once(stage: Stage) -> None:
    order = stage.an_order()
    assert "The buyer was reminded of the information." in _post(order, stage.seller, "order-remind", stage)
    after = facts(order.pk)
    page = _post(order, stage.seller, "order-remind", stage)
    assert "You have reminded the buyer already." in page
    assert "Nothing has come since." in page
    assert facts(order.pk) == after
    assert "Buyer reminded of the information for the order" in _page(order, stage.buyer, stage)
    work.send_information(order.pk, text="Kiln & Co.", by=stage.buyer, now=stage.later())
    assert "Remind the buyer" not in _page(order, stage.seller, stage)


@pytest.mark.rule("ORD-10", "CAN-17")
def test_the_page_tells_of_inactivity_and_of_clocks_that_stand(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    assert order.idle_due_at is not None
    page = _page(order, stage.buyer, stage)
    assert "If neither side writes or does anything until" in page
    assert "Any message or step of either side starts the 14 days anew." in page
    thread.write(order.pk, text="Hello?", by=stage.buyer, now=stage.later())
    assert "You have been waiting for an answer from Sam Seller since" in _page(order, stage.buyer, stage)
    cases.open_case(order.pk, text="No contact.", by=stage.buyer, now=stage.later())
    page = _page(order, stage.seller, stage)
    assert "It stands still until the disagreement is over" in page
    assert "In arbitration</span>" in page


@pytest.mark.rule("ARB-07", "CAN-18")
def test_a_split_order_says_how_it_ended(stage: Stage, ada: User) -> None:
    order = stage.an_order(at=Status.SPLIT)
    for user, told in {
        stage.buyer: [
            "Paid to Sam Seller</dt><dd>$24.00",
            "Returned to your balance</dt><dd>$20.00",
            "You may leave it",
        ],
        stage.seller: [
            "You received</dt><dd>$24.00",
            "Commission, taken of the price</dt><dd>$6.00",
            "Bea Buyer may leave it",
        ],
        ada: ["Paid to Sam Seller</dt><dd>$24.00", "Returned to Bea Buyer</dt><dd>$20.00"],
    }.items():
        page = _page(order, user, stage)
        assert "The order was settled with a split" in page
        assert "Settled in arbitration." in page
        for words_ in told:
            assert words_ in page, user.login
    line = "Split: Settled in arbitration. $20.00 went back to Bea Buyer, Sam Seller was paid $24.00."
    assert line in _page(order, stage.seller, stage)


@pytest.mark.rule("CAN-18", "ORD-11")
def test_canceled_and_completed_orders_say_whose_fault_and_what_follows(stage: Stage) -> None:
    canceled = stage.an_order()
    canceling.cancel(canceled.pk, "CAN-11", text="Ill, sorry.", by=stage.seller, now=stage.later())
    canceled.refresh_from_db()
    page = _page(canceled, stage.buyer, stage)
    for told in (
        "The seller has no time.",
        "Returned to your balance</dt><dd>$50.00",
        "Answerable for it</dt><dd>Sam Seller",
        "It counts against the rating",
        "You may leave it",
        "Ill, sorry.",
    ):
        assert told in page
    assert "Answerable for it</dt><dd>You" in _page(canceled, stage.seller, stage)
    completed = _page(stage.an_order(at=Status.COMPLETED), stage.buyer, stage)
    assert "The delivered result counts as accepted." in completed
    assert "Answerable for it" not in completed


def test_the_terms_of_the_order_are_shown_in_full(stage: Stage) -> None:
    order = stage.an_order()
    Order.objects.filter(pk=order.pk).update(terms={**order.terms, "answer_within_seconds": 5 * 86400})
    page = _page(order, stage.buyer, stage)
    assert "A request to cancel that nobody answers is confirmed after 5 days." in page
    assert "Work in which nothing happens for 14 days is canceled and refunded." in page
    assert f'href="{reverse("rules")}"' in page
