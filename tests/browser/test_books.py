"""The balance with its filters, documents and the public proof in a browser, on a phone and on a desk (FIN-05, FIN-07)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core import handing
from finance.models import SealedDay
from finance.seals.sealing import seal_what_is_over
from finance.steps import proving
from orders.models import Status
from tests.browser.conftest import MakeVisit
from tests.stage import FIFTY, Stage, give, give_bonus

LONG_AGO = timedelta(days=40)


@pytest.fixture
def books(stage: Stage) -> Stage:
    """Forty sealed days, an invoice, and a proof that has run."""
    stage.now = timezone.now() - LONG_AGO
    give_bonus(stage.buyer, FIFTY, now=stage.now)
    stage.an_order(at=Status.COMPLETED)
    stage.now = timezone.now()  # or the clock would end it
    stage.an_order()
    handing.hand_on_waiting(now=stage.now)
    give(stage.buyer, FIFTY, now=timezone.now())
    seal_what_is_over(timezone.now())
    proving.run(timezone.now())
    return stage


@pytest.mark.rule("FIN-05")
@pytest.mark.rule("FIN-07")
def test_pages_of_the_books(books: Stage, visit: MakeVisit) -> None:
    person = visit(books.buyer)
    for path in (
        "/proof/",
        "/proof/?page=2",
        "/balance/",
        "/balance/?kind=refund&from=2026-01-01",
        "/balance/?from=2026-02-01&to=2026-01-01",
        "/balance/documents/",
    ):
        person.go(path)
        person.check_both_ways()


@pytest.mark.rule("FIN-05")
def test_filtering_without_javascript_and_following_to_the_proof(books: Stage, visit: MakeVisit) -> None:
    person = visit(books.buyer, java_script_enabled=False)
    person.go("/balance/")
    page = person.page
    expect(page.locator("tr.movement")).to_have_count(6)
    page.get_by_label("Kind").select_option("hold")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("tr.movement")).to_have_count(2)
    page.get_by_label("To", exact=True).fill("2020-01-01")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("No such movements")).to_be_visible()
    page.get_by_role("link", name="How the proof works").click()
    expect(page.get_by_role("heading", name="Proof of the books")).to_be_visible()
    newest = SealedDay.objects.order_by("-day")[0]
    page.get_by_text(f"{newest.chained[:10]}…").click()
    expect(page.get_by_text(newest.chained, exact=True)).to_be_visible()


@pytest.mark.rule("FIN-05")
def test_an_order_leads_to_its_invoice(books: Stage, visit: MakeVisit) -> None:
    person = visit(books.seller)
    person.go("/balance/documents/")
    person.page.get_by_role("link", name=re.compile(r"^Order \d")).first.click()
    expect(person.page.get_by_role("link", name="Invoice I-000001 (PDF)")).to_be_visible()
