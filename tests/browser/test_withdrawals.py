"""Withdrawals in a browser, from naming a card to the money that arrived; and what a bank takes back (WDR, FIN-03)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from core import clock
from core.money import Money, dollars
from finance import ledger
from finance.models import Batch, TopUp, Withdrawal
from finance.provider import PaymentSession
from finance.provider.claims import Claim
from finance.rules import CURRENCY
from finance.steps import chargebacks, top_ups
from tests.browser.conftest import MakeVisit, Visit
from tests.browser.test_sale import pay_by_card
from tests.stage import give
from tests.withdrawing import DEBIT, sign_a_form

DAY = timedelta(days=1)
PASSWORD = "a-long-quiet-river"
PHONE = {"viewport": {"width": 360, "height": 800}}


@pytest.fixture
def ben(mo: User) -> User:
    """The second pair of eyes."""
    return User.objects.create_superuser("ben", "ben@example.org")


@pytest.fixture
def earner(sam: User) -> User:
    """Sam has earned $100 and signed a tax form."""
    give(sam, dollars(100), now=timezone.now())
    sign_a_form(sam, now=timezone.now() - DAY)
    sam.set_password(PASSWORD)
    sam.save()
    return sam


def _pay_in(buyer: Visit, amount: str) -> None:
    buyer.go(f"/balance/add/?amount={amount}")
    buyer.page.get_by_role("button", name="Go on to payment").click()
    pay_by_card(buyer.page)
    expect(buyer.page.get_by_text("Added to your main balance")).to_be_visible()


def _name_a_card(seller: Visit) -> None:
    """After the password was asked for, on the provider's own page."""
    page = seller.page
    seller.go("/balance/withdraw/")
    page.get_by_role("link", name="Name a card").first.click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Payout card")).to_be_visible()
    seller.check()
    page.get_by_role("button", name="Go on to the payment service").click()
    page.get_by_label("Card number").fill(DEBIT)
    page.get_by_label("Expir").fill("12 / 40")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Save the card and finish").click()
    expect(page.get_by_text("Your earnings go to Visa •••• 5556")).to_be_visible()


def _ask(seller: Visit, amount: str, arrives: str) -> Withdrawal:
    """With the keyboard alone, once the page has shown what arrives."""
    page = seller.page
    seller.go("/balance/withdraw/")
    page.get_by_label("Amount").press_sequentially(amount)
    expect(page.locator("#preview")).to_contain_text(arrives)
    seller.check()
    page.get_by_label("Amount").press("Tab")
    expect(page.get_by_role("button", name="Withdraw")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Asked for.")).to_be_visible()
    return Withdrawal.objects.latest("id")


def _approve(staff: Visit, then: str) -> None:
    staff.go("/desk/payouts/")
    staff.check()
    staff.page.get_by_role("link", name="#1").click()
    expect(staff.page.get_by_text("$38.20").first).to_be_visible()
    staff.check()
    staff.page.get_by_role("button", name="Approve").click()
    expect(staff.page.get_by_text(then)).to_be_visible()


@pytest.mark.rule("WDR-01", "WDR-03", "WDR-04", "WDR-05")
def test_a_seller_is_paid_out(bea: User, earner: User, mo: User, ben: User, visit: MakeVisit) -> None:
    _pay_in(visit(bea), "100")
    seller = visit(earner, **PHONE)
    _name_a_card(seller)

    first = _ask(seller, "20", "$19.10")
    seller.check_both_ways()
    seller.page.get_by_role("button", name="Cancel the withdrawal").click()
    expect(seller.page.get_by_text("the money is back on your balance").first).to_be_visible()
    first.refresh_from_db()
    assert first.status == "canceled"

    second = _ask(seller, "40", "$38.20")
    seller.page.get_by_role("button", name="3 days").click()
    expect(seller.page.get_by_text("It takes 2 approvals by our staff and has 0 so far.")).to_be_visible()
    _approve(visit(mo, **PHONE), "one more is needed")
    seller.page.emulate_media(color_scheme="dark")
    _approve(visit(ben, color_scheme="dark"), "it is being sent")
    seller.page.get_by_role("button", name="20 minutes").click()
    expect(seller.page.locator(".badge").first).to_be_visible()

    for _look in range(60):
        second.refresh_from_db()
        if second.status == "paid":
            break
        seller.page.wait_for_timeout(100)
    seller.go(second.get_absolute_url())
    expect(seller.page.get_by_text("Arrived").first).to_be_visible()
    assert ledger.balance(ledger.main_of(earner)) == dollars(60)
    seller.go("/balance/withdrawals/")
    expect(seller.page.get_by_text("Paid").first).to_be_visible()
    seller.check_both_ways()
    for path in ("/balance/withdraw/?route=earnings&amount=20", "/balance/payout-card/"):
        seller.go(path)
        seller.check()


@pytest.mark.rule("WDR-01", "WDR-04")
def test_a_form_sent_twice_asks_once_without_javascript(bea: User, visit: MakeVisit) -> None:
    _credited(bea, dollars(90), days_ago=40)
    payer = visit(bea, java_script_enabled=False)
    page = payer.page
    payer.go("/balance/withdraw/")
    page.get_by_label("Amount").fill("95")
    page.get_by_role("button", name="Show what arrives").click()
    expect(page.get_by_text("At most $90.00 can go to Visa •••• 4242 now.")).to_be_visible()
    page.get_by_label("Amount").fill("5")
    page.get_by_role("button", name="Show what arrives").click()
    expect(page.get_by_text("at least $10", exact=False).first).to_be_visible()
    page.get_by_label("Amount").fill("40")
    page.get_by_role("button", name="Show what arrives").click()
    expect(page.get_by_text("$38.20")).to_be_visible()
    again = page.context.new_page()
    again.goto(f"{payer.address}/balance/withdraw/?route=card-print&amount=40")
    for tab, answer in ((page, "Asked for."), (again, "You have asked for a withdrawal already")):
        tab.get_by_role("button", name="Withdraw").click()
        expect(tab.get_by_text(answer)).to_be_visible()
    assert [each.amount for each in Withdrawal.objects.all()] == [dollars(40)]


@pytest.mark.rule("FIN-03")
def test_what_a_bank_takes_back_is_told_where_it_matters(bea: User, visit: MakeVisit) -> None:
    top_up = _credited(bea, dollars(50), days_ago=20)
    spent = {ledger.main_of(bea): -dollars(30), ledger.COMMISSION: dollars(30)}
    lots = {top_up.lot.pk: -dollars(30)}
    ledger.post("test:spent", "hold", spent, lots=lots, by=None, now=timezone.now())
    claim = {"id": "dp_1", "charge_id": top_up.charge_id, "top_up": top_up.pk, "why": "fraudulent"}
    sums = {"amount": dollars(50), "moved": (("txn_1", -dollars(50)),)}
    chargebacks.learn(top_up.pk, Claim(state="open", **claim, **sums), clock.now())  # type: ignore[arg-type]
    payer = visit(bea, **PHONE)
    for path in ("/balance/", "/balance/withdraw/"):
        payer.go(path)
        expect(payer.page.get_by_text("$20.00 came from your balance. You still owe $30.00")).to_be_visible()
        payer.check_both_ways()
    expect(payer.page.get_by_role("button", name="Withdraw")).to_have_count(0)
    payer.page.get_by_role("link", name=f"Top-up {top_up.pk}").click()
    expect(payer.page.get_by_text("The bank takes this payment back")).to_be_visible()
    payer.check_both_ways()
    payer.go("/balance/top-ups/")
    expect(payer.page.get_by_text("Claimed by the bank")).to_be_visible()
    payer.check()


@pytest.mark.rule("WDR-03")
def test_a_long_batch_fits_a_phone_and_a_rejection_says_why(earner: User, mo: User, visit: MakeVisit) -> None:
    batch = Batch.objects.create(date=timezone.now().date(), at=timezone.now())
    rows = [_batched(earner, batch, Money(1_000 + 317 * number)) for number in range(60)]
    staff = visit(mo, **PHONE)
    staff.go(batch.get_absolute_url())
    expect(staff.page.get_by_text("60 withdrawals:")).to_be_visible()
    staff.check()
    row = staff.page.locator("tr").filter(has=staff.page.locator(f"#reason-{rows[7].pk}"))
    row.locator("summary").click()
    row.get_by_label("Reason").fill("The card is not yours.")
    row.get_by_role("button", name="Reject").click()
    expect(staff.page.get_by_text("The card is not yours.")).to_be_visible()
    expect(staff.page.get_by_text("59 withdrawals:")).to_be_visible()
    staff.check_both_ways()


def _batched(user: User, batch: Batch, amount: Money) -> Withdrawal:
    now = timezone.now()
    fields = {"destination": "Visa •••• 5556", "at": now, "status": "batched", "batch": batch}
    made = Withdrawal.objects.create(user=user, amount=amount, fee=Money(45), **fields)
    lines = {ledger.PROVIDER: -amount, ledger.payout_of(made.payout_key, user): amount}
    ledger.post(f"{made.payout_key}:request", "withdrawal", lines, reference=made.reference, by=user, now=now)
    return made


def _credited(user: User, amount: Money, *, days_ago: int) -> TopUp:
    """A payment by card, as if the provider had told of it then."""
    then = timezone.now() - days_ago * DAY
    top_up = TopUp.objects.create(user=user, amount=amount, at=then, check_due_at=then + DAY, session_id="cs_1")
    paid: dict[str, Any] = {
        "method": "card",
        "brand": "visa",
        "last4": "4242",
        "fingerprint": "print",
        "charge_id": "ch_1",
    }
    session = PaymentSession("cs_1", "", "complete", True, amount, CURRENCY, "pi_1", **paid)
    top_ups.learn("cs_1", session, then)
    top_up.refresh_from_db()
    return top_up
