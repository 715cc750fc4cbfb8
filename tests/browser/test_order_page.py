"""An order page that stays open takes in what is new and leaves alone what its reader is doing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import User
from arbitration.steps import canceling
from core import clock
from orders.models import Status
from orders.steps import thread, work
from tests.browser.conftest import MakeVisit
from tests.stage import Stage

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
    seller = visit(sam)
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
