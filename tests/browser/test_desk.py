"""A dispute is decided at the desk: taken, asked about, noted on, looked at and split, with the keyboard's and axe's leave."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import User
from arbitration.models import Case
from arbitration.steps import cases
from core import clock
from core.money import dollars
from finance import ledger
from orders.models import Order, Status
from orders.steps import work
from tests.browser.conftest import MakeVisit, Visit
from tests.stage import Stage

WIDE_WORD = "incomprehensibilities" * 6
REASON = f"The logo is usable, but one draft is missing.\n\n{WIDE_WORD}"
PHONE, TABLET, WIDE = ({"width": width, "height": 900} for width in (360, 768, 1440))


def _check(arbiter: Visit) -> None:
    """On every width, in the scheme in which the page was loaded."""
    for size in (PHONE, TABLET, WIDE):
        arbiter.page.set_viewport_size(size)  # type: ignore[arg-type]
        arbiter.fits()
    arbiter.check()


def _dark(arbiter: Visit) -> None:
    """From the next page on."""
    arbiter.page.emulate_media(color_scheme="dark")


@pytest.mark.rule("ARB-03", "ARB-04", "ARB-08")
def test_an_arbiter_splits_the_money_of_a_dispute(
    stage: Stage, bea: User, sam: User, ada: User, visit: MakeVisit
) -> None:
    stage.now = clock.now()
    order = stage.an_order(at=Status.IN_WORK)
    work.deliver(order.pk, text="Here is the logo.", by=sam, now=clock.now())
    case = cases.open_case(order.pk, text=f"This is not the logo I ordered. {WIDE_WORD}", by=bea, now=clock.now())
    cases.state(case.pk, text="It is what the brief said.", by=sam, now=clock.now())

    for _reading in range(12):  # a log that is longer than its window
        cases.note_reading(case.pk, "export", by=ada, now=clock.now())

    arbiter = visit(ada)
    page = arbiter.page
    arbiter.go("/balance/")
    page.locator("details.menu > summary").filter(has_text="Your account").click()
    page.get_by_role("link", name="Desk").click()
    expect(page.get_by_role("cell", name="Support").first).to_be_visible()
    _check(arbiter)
    page.get_by_role("link", name=order.title).click()
    expect(page.get_by_text("It is what the brief said.")).to_be_visible()
    expect(page.get_by_text("Here is the logo.")).to_be_visible()
    _check(arbiter)
    _dark(arbiter)

    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("The case is yours.")).to_be_visible()
    _check(arbiter)
    page.locator("#ask-text").fill("Which colors were agreed?")
    page.get_by_role("button", name="Ask the buyer").click()
    expect(page.get_by_text("The question was sent.")).to_be_visible()
    page.locator("#note-text").fill("The brief names no colors.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator(".desk-said--note")).to_contain_text("The brief names no colors.")

    page.locator("#decide-reason").fill(REASON)
    page.get_by_role("button", name="Half").click()
    expect(page.locator("#decide-refunded")).to_have_value("25.00")
    expect(page.locator("#decide-reason")).to_have_value(REASON)
    page.get_by_role("button", name="See what follows").click()
    expect(page.get_by_text("Say in whose favor you decide.").first).to_be_visible()
    page.locator("#decide-refunded").press("Enter")
    expect(page.locator("#decide-refunded")).to_have_value("25.00")
    expect(page.get_by_text("Say in whose favor you decide.").first).to_be_visible()
    arbiter.check()
    page.locator("#decide").get_by_label("The buyer", exact=True).check()
    page.get_by_role("button", name="See what follows").click()
    expect(page.get_by_role("heading", name="What this decision does")).to_be_visible()
    expect(page.locator("tr", has_text="Main balance of Sam Seller")).to_contain_text("$20.00")
    _check(arbiter)
    page.get_by_role("button", name="Decide and move the money").click()
    expect(page.get_by_text("You have decided")).to_be_visible()
    expect(page.get_by_text("Decided for the buyer").first).to_be_visible()
    _check(arbiter)

    assert Order.objects.get(pk=order.pk).status == Status.SPLIT
    decided = Case.objects.get(pk=case.pk)
    assert (decided.refunded, decided.reason.replace("\r", "")) == (dollars(25), REASON)
    assert (ledger.balance(ledger.main_of(bea)), ledger.balance(ledger.main_of(sam))) == (dollars(25), dollars(20))
    page.get_by_text("Export as PDF").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="With private notes").click()
    assert download.value.suggested_filename == f"case-{order.number}.pdf"
