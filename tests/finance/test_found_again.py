"""What an earlier try has done at the provider is found again, and of each withdrawal only its own (WDR-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from core.events import timeline
from core.money import Money, dollars
from finance import escrow
from finance.documents import issuing
from finance.models import DocumentKind, OfflineWay, PayoutDetails, ProviderEvent, Withdrawal
from finance.provider import Told
from finance.provider import paying_out as desk
from finance.queries import claims as told_claims
from finance.queries import withdrawable
from finance.rules import BOUND_FOR, COLLECT_EVERY, payment_date
from finance.steps import chargebacks, offline, paying_out, payout_details, webhooks
from tests.finance.cards import by_card, claimed, of
from tests.payments import Payments
from tests.stage import give
from tests.withdrawing import FAILING_DEBIT, OTHER_DEBIT, ask, name_a_card, paid_in, ready_for_earnings, send

HOUR = timedelta(hours=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-03")]


@pytest.fixture
def ben(mo: User) -> User:
    """Ben of finance, the second pair of eyes."""
    return User.objects.create_superuser("ben", "ben@example.org")


def earner(sam: User, bea: User, payments: Payments, now: datetime, card: str) -> User:
    paid_in(payments, bea, dollars(200), now=now)
    give(sam, dollars(100), now=now)
    ready_for_earnings(payments, sam, now=now, card=card)
    return sam


def test_a_transfer_and_its_payout(
    sam: User, bea: User, mo: User, ben: User, payments: Payments, now: datetime
) -> None:
    earner(sam, bea, payments, now, "4000 0566 5566 5556")
    first, second = (ask(sam, dollars(sum_), now=now)[0] for sum_ in (20, 30))
    for each in (first, second):
        assert desk.find_transfer(each) == ""
        assert desk.find_payout(each) is None
    send(payments, first, mo, ben, now=payment_date(now))
    first.refresh_from_db()
    assert first.transfer_id
    assert desk.find_transfer(first) == first.transfer_id
    found = desk.find_payout(first)
    assert found is not None
    assert (found.id, found.failed) == (first.payout_id, False)
    assert (desk.find_transfer(second), desk.find_payout(second)) == ("", None)
    assert desk.find_reversal(first) == ""


def test_a_transfer_that_was_taken_back(
    sam: User, bea: User, mo: User, ben: User, payments: Payments, now: datetime
) -> None:
    earner(sam, bea, payments, now, FAILING_DEBIT)
    (made,) = ask(sam, dollars(40), now=now)
    send(payments, made, mo, ben, now=payment_date(now))
    payments.later()
    failed = paying_out.carry_on(made.pk, now + HOUR)
    assert failed.reversal_id
    assert desk.find_reversal(failed) == failed.reversal_id


def test_a_refund_to_a_card(bea: User, mo: User, ben: User, payments: Payments, now: datetime) -> None:
    top_up = paid_in(payments, bea, dollars(50), now=now)
    later = now + BOUND_FOR
    first, second = (ask(bea, dollars(20), withdrawable.route_of(top_up), now=later)[0] for _ in range(2))
    assert desk.find_refund(first) is None
    send(payments, first, mo, ben, now=payment_date(later))
    first = Withdrawal.objects.select_related("top_up").get(pk=first.pk)
    found = desk.find_refund(first)
    assert found is not None
    assert found.id == first.refund_id
    assert desk.find_refund(second) is None


@pytest.mark.rule("WDR-05")
def test_a_card_that_was_replaced_at_the_provider_is_heard_of(sam: User, payments: Payments, now: datetime) -> None:
    details = name_a_card(payments, sam, now=now - HOUR)
    assert (details.card, details.changed_at) == ("Visa •••• 5556", now - HOUR)
    payments.onboard(payout_details.change(sam, by=sam, now=now), OTHER_DEBIT)
    account = str(details.account_id)
    webhooks.hear(Told("evt_1", "account.external_account.created", "card_1", account), now)
    kept = PayoutDetails.objects.get()
    assert (kept.last4, kept.changed_at) == ("8210", now)
    assert [event.facts for event in timeline(kept)] == [{"card": "Visa •••• 5556"}, {"card": kept.card}]
    noted = ProviderEvent.objects.get()
    assert (noted.pk, noted.kind, noted.at) == ("evt_1", "account.external_account.created", now)
    webhooks.hear(Told("evt_2", "account.updated", account, ""), now + HOUR)
    assert PayoutDetails.objects.get().changed_at == now
    webhooks.hear(Told("evt_3", "account.updated", "acct_unknown", ""), now)
    assert ProviderEvent.objects.count() == 3


@pytest.mark.rule("PAY-01")
def test_a_payment_that_was_confirmed_has_its_receipt(bea: User, mo: User, now: datetime) -> None:
    payment = offline.announce(OfflineWay.BANK, dollars(500), by=bea, now=now)
    offline.confirm(payment.pk, dollars(485), "Line 7.", is_other_sum=True, by=mo, now=now + HOUR)
    event = timeline(payment).get(kind="offline.received")
    issuing.receipt_for_offline(event)
    issuing.receipt_for_offline(event)
    found = issuing.find(DocumentKind.RECEIPT, payment.reference)
    assert found is not None
    assert (found.kind, found.number, found.user, found.other, found.at) == ("receipt", 1, bea, None, now + HOUR)
    assert found.facts == {
        "payer": {"name": "Bea Buyer", "login": "bea"},
        "amount": 48_500,
        "source": "Bank transfer",
        "what": "offline",
        "for": payment.code,
        "paid_at": (now + HOUR).isoformat(),
    }


@pytest.mark.rule("FIN-03")
def test_the_story_of_a_claim(bea: User, mo: User, now: datetime) -> None:
    lot, other = by_card(bea, dollars(50), now=now), by_card(bea, dollars(7), now=now)
    claimed(other, now=now, taken=Money(0))
    assert [each.chargeback.top_up for each in told_claims.blocking(bea)] == [other.top_up]
    escrow.hold("order:7", bea, dollars(37), reference="7", by=bea, now=now)
    found = claimed(lot, now=now + HOUR, state="lost")
    give(bea, dollars(12), now=now)
    chargebacks.collect(found.pk, now + HOUR + COLLECT_EVERY)
    chargebacks.write_off(found.pk, "Gone.", by=mo, now=now + 3 * HOUR)
    (seen,) = told_claims.of_top_up(of(lot))
    assert (seen.taken, seen.given, seen.owed, seen.borne) == (
        dollars(50),
        dollars(32),
        Money(0),
        dollars(18),
    )
    assert not seen.blocks
    assert [(str(line.text), line.at, line.icon, line.tone) for line in seen.story] == [
        ("The bank takes $50.00 back, as the card's owner has asked", now + HOUR, "triangle-alert", "caution"),
        ("The bank decided against us", now + HOUR, "circle-x", "negative"),
        ("$12.00 of what was owed came from your balance", now + HOUR + COLLECT_EVERY, "wallet", ""),
        ("The remaining $18.00 need not be paid any more", now + 3 * HOUR, "circle-check", ""),
    ]
