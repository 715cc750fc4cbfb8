"""Disagreements in the browser: canceling from both sides, a request declined or left unanswered, mediation, a settlement."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from arbitration.models import Mediator
from arbitration.steps import canceling, cases, rejecting
from core.money import dollars
from finance import ledger
from orders.models import Order, Policy, Status
from orders.steps import work
from tests.browser.conftest import MakeVisit, Visit
from tests.stage import HOUR, Stage, a_person, give


@pytest.fixture
def stage(bea: User, sam: User) -> Stage:
    """A play that has just ended, because the running site reads the real clock."""
    return Stage(buyer=bea, seller=sam, now=timezone.now() - 3 * HOUR)


def _choose(visit: Visit, title: str) -> None:
    """Open the reasons and one of them."""
    visit.page.locator("#cancel-order > summary").click()
    visit.page.locator(".reason > summary", has_text=title).click()


def _badge(visit: Visit, text: str) -> None:
    expect(visit.page.locator(".page-head .badge", has_text=text).first).to_be_visible()


@pytest.mark.rule("CAN-03", "CAN-15", "CAN-19")
def test_a_request_is_asked_declined_and_asked_again_until_time_confirms_it(
    stage: Stage, bea: User, sam: User, visit: MakeVisit
) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    buyer, seller = visit(bea), visit(sam, color_scheme="dark")
    buyer.go(order.get_absolute_url())
    _choose(buyer, "Misunderstanding with the seller")
    reason = buyer.page.locator("#reason-CAN-03")
    expect(reason).to_contain_text("$50.00 returns to your main balance.")
    buyer.check()
    reason.get_by_role("textbox").fill("We talk past each other.")
    reason.get_by_role("button", name="Ask to cancel").click()
    expect(buyer.page.get_by_role("button", name="Withdraw the request")).to_be_visible()
    buyer.check()
    seller.go(order.get_absolute_url())
    asked = seller.page.locator("#order-dispute")
    expect(asked).to_contain_text("We talk past each other.")
    asked.get_by_text("Decline with a reason").click()
    seller.check()
    asked.get_by_role("textbox").fill("Half of it is done.")
    asked.get_by_role("button", name="Decline", exact=True).click()
    expect(seller.page.get_by_text("You declined the request.")).to_be_visible()
    seller.check()
    buyer.go(order.get_absolute_url())
    expect(buyer.page.locator("#order-dispute")).to_contain_text("Half of it is done.")
    _choose(buyer, "Misunderstanding with the seller")
    buyer.page.locator("#reason-CAN-03").get_by_role("button", name="Ask to cancel").click()
    expect(buyer.page.get_by_role("button", name="Withdraw the request")).to_be_visible()
    buyer.page.get_by_role("button", name="3 days").click()
    _badge(buyer, "Canceled")
    assert ledger.balance(ledger.main_of(bea)) == dollars(50)
    buyer.check()


@pytest.mark.rule("CAN-13", "CAN-19")
def test_a_seller_cancels_at_once_and_the_buyer_confirms_one_who_asks(
    stage: Stage, bea: User, sam: User, visit: MakeVisit
) -> None:
    order, asked = stage.an_order(at=Status.IN_WORK), stage.an_order()
    buyer, seller = visit(bea), visit(sam, color_scheme="dark")
    seller.go(order.get_absolute_url())
    _choose(seller, "Another reason on the seller's side")
    expect(seller.page.locator("#reason-CAN-13")).to_contain_text("It counts against your rating.")
    seller.page.locator("#reason-CAN-13").get_by_role("button", name="Cancel and refund $50.00").click()
    _badge(seller, "Canceled")
    canceling.cancel(asked.pk, "CAN-08", text="This is no logo.", by=sam, now=timezone.now())
    buyer.go(asked.get_absolute_url())
    buyer.page.locator("#order-dispute").get_by_role("button", name="Confirm the cancellation").click()
    _badge(buyer, "Canceled")
    assert ledger.balance(ledger.main_of(bea)) == dollars(100)
    buyer.check()


@pytest.mark.rule("CAN-02", "CAN-16")
def test_an_expired_order_is_canceled_by_its_buyer_at_once(stage: Stage, bea: User, visit: MakeVisit) -> None:
    order = stage.an_order(at=Status.IN_WORK, kwork=stage.a_kwork(lead_days=1))
    buyer = visit(bea)
    buyer.go(f"/orders/{order.number}/help/")
    _choose(buyer, "Not done on time")
    expect(buyer.page.locator("#reason-CAN-02")).to_contain_text("Possible from")
    buyer.check()
    buyer.page.get_by_role("button", name="24 hours").click()
    buyer.go(order.get_absolute_url())
    _badge(buyer, "Expired")
    _choose(buyer, "Not done on time")
    buyer.page.locator("#reason-CAN-02").get_by_role("button", name="Cancel and refund $50.00").click()
    _badge(buyer, "Canceled")
    assert ledger.balance(ledger.main_of(bea)) == dollars(50)


@pytest.mark.rule("ARB-01", "ARB-07")
def test_a_case_is_opened_answered_and_settled_with_a_split(
    stage: Stage, bea: User, sam: User, visit: MakeVisit
) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    buyer, seller = visit(bea), visit(sam, color_scheme="dark")
    buyer.go(order.get_absolute_url())
    buyer.page.locator("#open-case > summary").click()
    buyer.page.locator("#open_case-text").fill("It is another logo.")
    buyer.page.get_by_role("button", name="Ask support to decide").click()
    _badge(buyer, "In arbitration")
    seller.go(order.get_absolute_url())
    seller.page.locator("#state-text").fill("It is what was ordered.")
    seller.page.get_by_role("button", name="Add to the case").click()
    expect(seller.page.get_by_text("Your statement was added to the case.")).to_be_visible()
    seller.page.locator("#offer-split > summary").click()
    seller.page.locator("#split-refunded").press_sequentially("12.50")
    expect(seller.page.locator("#split-follows")).to_contain_text("You receive $30.00; the commission is $7.50.")
    seller.check()
    seller.page.get_by_role("button", name="Propose this split").click()
    expect(seller.page.locator(".proposal")).to_contain_text("You propose")
    buyer.go(order.get_absolute_url())
    expect(buyer.page.locator(".proposal")).to_contain_text("$12.50 returns to your main balance.")
    buyer.page.locator("#give-in > summary").click()
    buyer.check()
    buyer.page.get_by_role("button", name="Agree").click()
    _badge(buyer, "Settled with a split")
    expect(buyer.page.locator("#order-dispute")).to_contain_text("Settled in arbitration")
    assert ledger.balance(ledger.main_of(bea)) == dollars(12) + dollars(1).share(5_000)
    assert ledger.balance(ledger.main_of(sam)) == dollars(30)
    buyer.check()


@pytest.mark.rule("ARB-02")
def test_a_view_that_is_being_typed_survives_what_is_said_meanwhile(
    stage: Stage, bea: User, sam: User, visit: MakeVisit
) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    case = cases.open_case(order.pk, text="It is another logo.", by=bea, now=timezone.now())
    seller = visit(sam, viewport={"width": 360, "height": 800})
    seller.go(order.get_absolute_url())
    seller.page.locator("#state-text").fill("I am still typing")
    cases.state(case.pk, text="And the wrong color.", by=bea, now=timezone.now())
    seller.page.evaluate("htmx.trigger(document.body, 'order-changed')")
    expect(seller.page.get_by_text("And the wrong color.")).to_be_visible()
    expect(seller.page.locator("#state-text")).to_have_value("I am still typing")
    seller.check()


@pytest.mark.rule("REV-02", "REV-05")
def test_a_rejected_job_is_mediated_and_settled(stage: Stage, bea: User, sam: User, visit: MakeVisit) -> None:
    order = _rejectable(stage)
    mia = a_person("mia", "Mia Mediator", now=stage.now)
    Mediator.objects.create(user=mia, fee=dollars(30), about="Design contracts.", admitted_at=stage.now)
    give(sam, dollars(30), now=stage.now)
    buyer, seller, mediator = visit(bea), visit(sam, color_scheme="dark"), visit(mia)
    buyer.go(f"/orders/{order.number}/help/")
    buyer.page.locator("#reject-order > summary").click()
    buyer.check()
    buyer.page.locator("#reject-text").fill("The letters are cut off.")
    buyer.page.locator("#form-reject").get_by_role("button", name="Reject the job").click()
    _badge(buyer, "Rejected by the buyer")
    seller.go(order.get_absolute_url())
    seller.page.locator("#hire-mediator > summary").click()
    seller.check()
    seller.page.get_by_role("button", name="Hire for $30.00").click()
    expect(seller.page.locator("#order-dispute")).to_contain_text("Sam Seller hired the mediator Mia Mediator")
    mediator.go("/mediations/")
    mediator.check()
    mediator.page.get_by_role("link", name=order.title).click()
    mediator.page.locator("#split-refunded").press_sequentially("20")
    mediator.page.locator("#split-text").fill("Most of it is good.")
    expect(mediator.page.locator("#split-follows")).to_contain_text("Sam Seller receives $24.00")
    mediator.check()
    mediator.page.get_by_role("button", name="Propose this settlement").click()
    expect(mediator.page.get_by_text("was paid to your main balance when you proposed")).to_be_visible()
    for each in (seller, buyer):
        each.go(order.get_absolute_url())
        each.page.locator("#order-dispute").get_by_role("button", name="Agree").click()
    _badge(buyer, "Settled with a split")
    assert ledger.balance(ledger.main_of(sam)) == dollars(24)
    assert ledger.balance(ledger.main_of(mia)) == dollars(30)


@pytest.mark.rule("REV-03")
def test_a_rejection_nobody_answers_takes_effect(stage: Stage, bea: User, sam: User, visit: MakeVisit) -> None:
    order = _rejectable(stage)
    rejecting.reject(order.pk, text="Not what I wanted.", by=bea, now=timezone.now())
    seller = visit(sam, color_scheme="dark")
    seller.go(order.get_absolute_url())
    expect(seller.page.locator("#order-dispute")).to_contain_text("It counts against your rating.")
    for _ in range(2):
        seller.page.get_by_role("button", name="2 weeks").click()
    _badge(seller, "Canceled")
    assert ledger.balance(ledger.main_of(bea)) == dollars(50)
    seller.check()


def _rejectable(stage: Stage) -> Order:
    order = stage.an_order()
    work.change_policy(order.pk, Policy.REJECTION, by=stage.moderator, now=stage.now)
    work.start(order.pk, by=stage.seller, now=stage.later())
    work.deliver(order.pk, text="Here it is.", by=stage.seller, now=stage.later())
    return order
