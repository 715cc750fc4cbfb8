"""An order page that stays open takes in what is new and leaves alone what its reader is doing."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from accounts.models import User
from arbitration.steps import canceling
from core import clock
from core.money import ZERO, dollars
from finance import ledger
from orders.models import Status
from orders.steps import thread, work
from tests.browser.conftest import MakeVisit
from tests.stage import Stage, give, give_bonus

ASK_NOW = "htmx.trigger('[data-live]', 'shown-again')"


@pytest.mark.rule("ORD-12")
def test_what_is_being_typed_survives_what_happens_meanwhile(
    stage: Stage, bea: User, sam: User, visit: MakeVisit
) -> None:
    stage.now = clock.now()
    order = stage.an_order(at=Status.PLACED)
    buyer = visit(bea)
    buyer.go(order.get_absolute_url())
    text = buyer.page.locator("#write-text")
    text.fill("I am still typing")
    buyer.page.locator("#cancel-order > summary").click()
    buyer.page.locator("#reason-CAN-01 > summary").click()
    work.start(order.pk, by=sam, now=clock.now())
    thread.write(order.pk, text="One question.", by=sam, now=clock.now())
    buyer.page.evaluate(ASK_NOW)
    expect(buyer.page.locator(".page-head .badge")).to_have_text("In work")
    expect(buyer.page.get_by_text("One question.")).to_be_visible()
    expect(text).to_have_value("I am still typing")
    expect(buyer.page.get_by_role("button", name="Cancel and refund")).to_be_visible()
    buyer.check()


@pytest.mark.rule("ORD-12")
def test_a_text_for_an_order_that_ended_meanwhile_is_not_taken_away(
    stage: Stage, bea: User, sam: User, visit: MakeVisit
) -> None:
    stage.now = clock.now()
    order = stage.an_order(at=Status.PLACED)
    work.start(order.pk, by=sam, now=clock.now())
    seller = visit(sam, color_scheme="dark")
    seller.go(order.get_absolute_url())
    text = seller.page.locator("#deliver-text")
    text.fill("Here are the two logos")
    canceling.cancel(order.pk, "CAN-01", by=bea, now=clock.now())
    seller.page.evaluate(ASK_NOW)
    expect(seller.page.locator(".page-head .badge")).to_have_text("Canceled")
    expect(text).to_have_value("Here are the two logos")
    seller.page.locator("#form-deliver").get_by_role("button", name="Deliver").click()
    expect(seller.page.get_by_text("This was not sent. What you wrote is kept here.")).to_be_visible()
    expect(seller.page.get_by_text("Here are the two logos")).to_be_visible()
    seller.check()


@pytest.mark.rule("ORD-14")
def test_an_offer_is_made_foreseen_and_accepted(stage: Stage, bea: User, sam: User, visit: MakeVisit) -> None:
    stage.now = clock.now()
    order = stage.an_order(at=Status.PLACED, kwork=stage.a_kwork(extras=1))
    work.start(order.pk, by=sam, now=clock.now())
    give(bea, dollars(20), now=clock.now())
    give_bonus(bea, dollars(5), now=clock.now())
    seller = visit(sam, color_scheme="dark")
    seller.go(order.get_absolute_url())
    seller.page.get_by_role("link", name="Offer more").click()
    seller.page.get_by_label("Quantity").fill("2")
    expect(seller.page.locator("#offer-change")).to_contain_text("+$16.00")
    seller.check()
    seller.page.get_by_role("button", name="Make the offer").click()
    expect(seller.page.locator("#offers")).to_contain_text("Waiting for the buyer")
    buyer = visit(bea, viewport={"width": 360, "height": 740})
    buyer.go(order.get_absolute_url())
    buyer.page.get_by_label("Main balance first").check()
    buyer.check()
    thread.write(order.pk, text="Take your time.", token=uuid4(), by=sam, now=clock.now())
    buyer.page.evaluate(ASK_NOW)
    expect(buyer.page.get_by_text("Take your time.")).to_be_visible()
    buyer.page.get_by_role("button", name="Accept and pay $20.00").click()
    expect(buyer.page.locator("#offers")).to_contain_text("Accepted")
    assert (ledger.balance(ledger.main_of(bea)), ledger.balance(ledger.bonus_of(bea))) == (ZERO, dollars(5))
    expect(buyer.page.get_by_text("You accepted the offer.")).to_be_visible()
    order.refresh_from_db()
    assert order.total == dollars(70)
    seller.page.evaluate(ASK_NOW)
    expect(seller.page.locator("#offers")).to_contain_text("Accepted")


@pytest.mark.rule("ORD-12", "CAN-17")
def test_a_paused_order_shows_what_stands_and_what_runs(stage: Stage, bea: User, sam: User, visit: MakeVisit) -> None:
    stage.now = clock.now()
    order = stage.an_order(at=Status.PLACED)
    work.start(order.pk, by=sam, now=clock.now())
    canceling.cancel(order.pk, "CAN-03", text="We disagree.", by=bea, now=clock.now())
    seller = visit(sam, color_scheme="dark")
    seller.go(order.get_absolute_url())
    expect(seller.page.locator(".page-head")).to_contain_text("Cancellation requested")
    expect(seller.page.locator(".order-clocks")).to_contain_text("You confirm or decline the cancellation")
    expect(seller.page.locator(".order-clocks")).to_contain_text("It keeps running while you two disagree.")
    expect(seller.page.locator(".order-note").last).to_contain_text("It stands still until the disagreement is over")
    seller.check()
    seller.go("/orders/?role=seller")
    expect(seller.page.locator(".order-todo")).to_contain_text("Confirm or decline the cancellation")
    seller.check()
