"""Promo codes, announced payments and tax forms in a browser: accessible, on a phone and on a desk (FIN-04, PAY-01, TAX-01)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from core.money import dollars
from finance import escrow
from finance.models import OfflinePayment, OfflineWay, Residence, TaxForm
from finance.steps import offline, tax, top_ups
from tests.browser.conftest import MakeVisit, Visit
from tests.finance.announced import came
from tests.finance.cards import an_earner, asked_for, session_of
from tests.withdrawing import ask

DAY = timedelta(days=1)


@pytest.fixture
def payments(bea: User, mo: User) -> list[OfflinePayment]:
    """Of Bea's: one that waits too long, one that came with less, one that staff ended, one that waits for a second person, one
    that bounced after most of it was spent, and one that can be taken back."""
    now = timezone.now()
    made = [offline.announce(way, dollars(250), by=bea, now=now - 9 * DAY) for way in OfflineWay]
    offline.confirm(made[1].pk, dollars(240), "Statement 7, line 3", is_other_sum=True, by=mo, now=now)
    offline.reject(made[2].pk, "The check was returned by its bank.", by=mo, now=now)
    ben = User.objects.create_superuser("ben", "ben@example.org")
    made += [came(bea, dollars(5_000), mo, now=now), came(bea, dollars(300), mo, way=OfflineWay.CHECK, now=now)]
    with transaction.atomic():
        escrow.hold("order:7", bea, dollars(500), reference="order:7", by=bea, now=now)
    offline.take_back(made[4].pk, "The check bounced: its account was closed.", by=ben, now=now)
    made.append(came(bea, dollars(40), ben, way=OfflineWay.MONEY_ORDER, now=now))
    return made


@pytest.mark.rule("PAY-01")
def test_pages_of_announced_payments(payments: list[OfflinePayment], mo: User, visit: MakeVisit) -> None:
    for user, paths in (
        (payments[0].user, ["/balance/offline/", "/balance/promo/", "/balance/", "/balance/withdraw/"]),
        (mo, ["/desk/offline/", "/desk/offline/?ended=on", *(f"/desk/offline/{payment.pk}/" for payment in payments)]),
        (User.objects.get(login="ben"), [f"/desk/offline/{payments[3].pk}/"]),
    ):
        person = visit(user)
        for path in paths:
            person.go(path)
            person.check_both_ways()


@pytest.mark.rule("FIN-03", "WDR-04")
def test_the_balance_of_somebody_who_waits_for_everything(bea: User, mo: User, visit: MakeVisit) -> None:
    """Sums held and being withdrawn, a payment that we check and others that are not paid, an announced one."""
    now = timezone.now()
    an_earner(bea, now=now)
    checked, *_open = [asked_for(bea, dollars(25), now=now) for _ in range(5)]
    top_ups.learn(str(checked.session_id), session_of(checked, amount=dollars(24)), now)
    ask(bea, dollars(50), now=now)
    offline.announce(OfflineWay.BANK, dollars(250), by=bea, now=now)
    for user, path in ((bea, "/balance/"), (bea, "/balance/top-ups/"), (bea, checked.get_absolute_url()), (mo, "/")):
        person = visit(user)
        person.go(path)
        person.check_both_ways()


def _confirm(staff: Visit, code: str, amount: str, way: str, button: str) -> None:
    staff.go("/desk/offline/")
    staff.page.get_by_label("Reference, statement line or login").fill(
        f"CREDIT {amount}.00 REF {code.replace('-', ' ')} BEA"
    )
    staff.page.get_by_role("button", name="Find").click()
    staff.page.get_by_role("link", name=code).click()
    staff.page.get_by_label(way).check()
    staff.page.get_by_label("Amount received").fill(amount)
    staff.page.get_by_label("Evidence").fill("Statement 7, line 3")
    staff.page.get_by_role("button", name=button).click()


@pytest.mark.rule("PAY-01")
def test_announcing_and_confirming_without_javascript(bea: User, mo: User, visit: MakeVisit) -> None:
    payer = visit(bea, java_script_enabled=False)
    payer.go("/balance/offline/")
    payer.page.get_by_label("Amount").fill("250")
    payer.page.get_by_role("button", name="Get a reference").click()
    code = OfflinePayment.objects.get().code
    expect(payer.page.get_by_text(code).first).to_be_visible()
    staff = visit(mo, java_script_enabled=False)
    _confirm(staff, code, "250", "Bank transfer", "Confirm the receipt")
    expect(staff.page.get_by_text("is done; the user is told")).to_be_visible()
    payer.go("/balance/")
    expect(payer.page.get_by_text("$250.00").first).to_be_visible()


@pytest.mark.rule("PAY-01")
def test_two_confirm_a_check_and_it_bounces(bea: User, mo: User, visit: MakeVisit) -> None:
    ben = User.objects.create_superuser("ben", "ben@example.org")
    code = came(bea, dollars(2_000), way=OfflineWay.CHECK, now=timezone.now()).code
    payer, first, second = (visit(who, java_script_enabled=False) for who in (bea, mo, ben))
    _confirm(first, code, "2000", "Check", "Confirm the receipt")
    expect(first.page.get_by_text("waits for a second person now")).to_be_visible()
    first.page.get_by_role("link", name=code).click()
    expect(first.page.get_by_text("You have confirmed it.")).to_be_visible()
    expect(first.page.get_by_label("Amount received")).to_have_count(0)
    payer.go("/balance/offline/")
    expect(payer.page.get_by_text("We have found $2,000.00.")).to_be_visible()
    _confirm(second, code, "2000", "Check", "Credit the balance")
    expect(second.page.get_by_text("is done; the user is told")).to_be_visible()
    payer.go("/balance/offline/")
    expect(payer.page.get_by_text("You can spend it now, and withdraw what is left")).to_be_visible()
    first.go(f"/desk/offline/{OfflinePayment.objects.get().pk}/")
    first.page.get_by_label("Reason").fill("The check bounced.")
    first.page.get_by_role("button", name="Take it back").click()
    expect(first.page.get_by_text("is done; the user is told")).to_be_visible()
    payer.go("/balance/offline/")
    expect(payer.page.get_by_text("The check bounced.")).to_be_visible()
    expect(payer.page.get_by_text("You owe nothing more.")).to_be_visible()


@pytest.mark.rule("TAX-01")
def test_pages_of_tax_forms(sam: User, bea: User, visit: MakeVisit) -> None:
    now = timezone.now()
    tax.answer(citizen=False, residence=Residence.OUTSIDE, by=sam, now=now)
    tax.answer(citizen=True, residence=Residence.PERMITTED, by=bea, now=now)
    for user in (sam, bea):
        person = visit(user)
        for path in ("/settings/tax/", "/settings/tax/form/"):
            person.go(path)
            person.check_both_ways()


@pytest.mark.rule("TAX-01")
def test_a_form_is_signed_in_a_browser(sam: User, visit: MakeVisit) -> None:
    person = visit(sam)
    person.go("/settings/tax/")
    page = person.page
    page.get_by_label("No", exact=True).check()
    page.get_by_label("Outside the United States").check()
    page.get_by_role("button", name="Go on to the form").click()
    page.get_by_role("button", name="Sign and send").click()
    expect(page.get_by_text("Please look at these places")).to_be_visible()
    person.check()
    page.get_by_label("Name of the individual").fill("Sam Seller")
    page.get_by_label("Country of citizenship").select_option("DE")
    page.get_by_label("Date of birth").fill("1990-05-17")
    page.get_by_label("Street, number, apartment").fill("Hauptstraße 1")
    page.locator("[name=city]").fill("10115 Berlin")
    page.locator("[name=country]").select_option("DE")
    page.get_by_label("Tax number in your country").fill("12 345 678 901")
    page.get_by_label("I have the capacity").check()
    page.get_by_label("Under penalties of perjury").check()
    page.get_by_label("Signature").fill("Sam Seller")
    page.get_by_role("button", name="Sign and send").click()
    expect(page.get_by_text("What you signed")).to_be_visible()
    person.check_both_ways()
    assert TaxForm.objects.get().kind == "w8ben"
