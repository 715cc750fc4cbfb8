"""A whole sale in the browser: from a kwork's page to the money on the seller's balance."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core.money import dollars
from finance import ledger
from orders.models import Order, Status
from tests.browser.conftest import MakeVisit
from tests.stage import Stage


def pay_by_card(page: Page, number: str = "4242 4242 4242 4242") -> None:
    """Fill in the payment page that the sandbox shows in place of Stripe's."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expir").fill("12 / 40")
    page.get_by_label(re.compile("CVC|Security code", re.IGNORECASE)).fill("123")
    name = page.get_by_label(re.compile("Name", re.IGNORECASE))
    name.fill("Bea Buyer")
    page.get_by_role("button", name=re.compile("^Pay ")).click()


@pytest.mark.rule(
    "ORD-01", "ORD-02", "ORD-03", "ORD-04", "ORD-08", "ORD-11", "ORD-12", "FIN-02", "RAT-06", "CAT-05", "CAT-15"
)
def test_a_whole_sale(stage: Stage, bea: User, sam: User, visit: MakeVisit, tmp_path: Path) -> None:
    kwork = stage.a_kwork(price=dollars(50), lead_days=4, extras=1)

    buyer = visit(bea)
    buyer.go(kwork.get_absolute_url())
    form = buyer.page.locator("form[data-live-total]")
    form.get_by_label("Quantity").fill("2")
    form.get_by_label("Extra 1").fill("1")
    expect(form.locator("[data-total=money]")).to_have_text("$110.00")
    expect(form.locator("[data-total=days]")).to_have_text("7 days")
    buyer.check()
    form.get_by_role("button", name="Order").click()

    expect(buyer.page.get_by_role("heading", name="Your order")).to_be_visible()
    expect(buyer.page.get_by_text("$110.00").first).to_be_visible()
    buyer.check()
    buyer.page.get_by_role("button", name="Add funds and order").click()
    pay_by_card(buyer.page)

    buyer.page.wait_for_url("**/orders/*/")
    order = Order.objects.get()
    assert (order.status, order.total) == (Status.PLACED, dollars(110))
    expect(buyer.page.get_by_text("Tell me the name of your company.").first).to_be_visible()
    buyer.check()
    buyer.page.locator("#form-send_information").get_by_role("textbox").fill("The company is called Nordwind.")
    buyer.page.get_by_role("button", name="Send the information").click()
    expect(buyer.page.get_by_text("The company is called Nordwind.").first).to_be_visible()

    seller = visit(sam)
    seller.go("/orders/?role=seller")
    seller.check()
    seller.page.get_by_role("link", name=re.compile(kwork.title)).first.click()
    expect(seller.page.get_by_text("The company is called Nordwind.").first).to_be_visible()
    seller.check()
    seller.page.get_by_role("button", name="Start working").click()
    expect(seller.page.get_by_text("In work").first).to_be_visible()
    result = tmp_path / "logo.png"
    result.write_bytes(seller.page.screenshot())
    delivery = seller.page.locator("#form-deliver")
    delivery.get_by_role("textbox").fill("Here are your two logos.")
    delivery.locator("input[type=file]").set_input_files(result)
    delivery.get_by_role("button", name="Deliver").click()
    expect(seller.page.get_by_text("Here are your two logos.").first).to_be_visible()
    seller.check()

    # The buyer's page, still open, hears of it by itself.
    expect(buyer.page.get_by_text("Here are your two logos.").first).to_be_visible(timeout=15_000)
    expect(buyer.page.get_by_role("link", name=re.compile("logo.png")).first).to_be_visible()
    buyer.page.get_by_role("link", name="Accept").first.click()
    buyer.page.get_by_role("button", name="Accept and complete").click()
    expect(buyer.page.get_by_text("Completed").first).to_be_visible()
    feedback = buyer.page.locator("#form-feedback")
    feedback.get_by_label("Yes, I liked the work").check()
    feedback.get_by_role("textbox").fill("Quick and exactly as agreed.")
    feedback.get_by_role("button", name="Leave feedback").click()
    expect(buyer.page.get_by_text("Quick and exactly as agreed.").first).to_be_visible()
    buyer.check()

    seller.go("/balance/")
    expect(seller.page.get_by_text("$88.00").first).to_be_visible()
    seller.check()
    seller.go("/notifications/")
    seller.check()
    buyer.go(kwork.get_absolute_url())
    expect(buyer.page.get_by_text("Quick and exactly as agreed.").first).to_be_visible()

    order.refresh_from_db()
    assert order.status == Status.COMPLETED
    assert ledger.balance(ledger.main_of(sam)) == dollars(88)
    assert ledger.balance(ledger.COMMISSION) == dollars(22)
