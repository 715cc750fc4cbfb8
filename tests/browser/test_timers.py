"""The time machine moves the clock, and deadlines do what the pages promised."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from core.money import dollars
from finance import ledger
from orders.models import Order, Status
from tests.browser.conftest import MakeVisit
from tests.stage import HOUR, Stage


@pytest.fixture
def stage(bea: User, sam: User) -> Stage:
    """A play that has just ended, because the running site reads the real clock."""
    return Stage(buyer=bea, seller=sam, now=timezone.now() - 2 * HOUR)


@pytest.mark.rule("ORD-05", "ORD-12", "CAN-16")
def test_an_order_nobody_starts_is_canceled_and_refunded(stage: Stage, bea: User, visit: MakeVisit) -> None:
    order = stage.an_order(at=Status.PLACED)
    buyer = visit(bea)
    buyer.go(order.get_absolute_url())
    expect(buyer.page.locator(".deadline__consequence").first).to_contain_text("$50.00")
    buyer.page.get_by_role("button", name="24 hours").click()
    expect(buyer.page.get_by_text("Cancel").first).to_be_visible()
    order.refresh_from_db()
    assert order.status == Status.CANCELED
    assert ledger.balance(ledger.main_of(bea)) == dollars(50)
    buyer.check()


@pytest.mark.rule("ORD-07", "ORD-08")
def test_work_expires_and_a_delivery_nobody_answers_completes(stage: Stage, sam: User, visit: MakeVisit) -> None:
    order = stage.an_order(at=Status.IN_WORK, kwork=stage.a_kwork(lead_days=1))
    seller = visit(sam)
    seller.go(order.get_absolute_url())
    seller.page.get_by_role("button", name="24 hours").click()
    expect(seller.page.locator(".badge").first).to_have_text("Expired")
    delivery = seller.page.locator("#form-deliver")
    delivery.get_by_role("textbox").fill("Late, but here it is.")
    delivery.get_by_role("button", name="Deliver").click()
    expect(seller.page.get_by_text("Late, but here it is.").first).to_be_visible()
    seller.page.get_by_role("button", name="3 days").click()
    expect(seller.page.locator(".badge").first).to_have_text("Completed")
    seller.check()
    order = Order.objects.get(pk=order.pk)
    assert order.status == Status.COMPLETED
    assert order.outcome.late
    assert ledger.balance(ledger.main_of(sam)) == dollars(40)


@pytest.mark.rule("CAN-01")
def test_an_order_by_mistake_is_canceled_with_a_preview(stage: Stage, bea: User, visit: MakeVisit) -> None:
    stage.now = timezone.now()
    order = stage.an_order(at=Status.PLACED)
    buyer = visit(bea)
    buyer.go(order.get_absolute_url())
    buyer.page.locator("#cancel-order > summary").click()
    buyer.page.locator("#reason-CAN-01 > summary").click()
    expect(buyer.page.locator("#cancel-order")).to_contain_text("$50.00")
    buyer.page.get_by_role("button", name="Cancel and refund").click()
    expect(buyer.page.get_by_role("button", name="Cancel and refund")).to_have_count(0)
    order.refresh_from_db()
    assert order.status == Status.CANCELED
    assert ledger.balance(ledger.main_of(bea)) == dollars(50)
