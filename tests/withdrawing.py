"""Money that is ready to be paid out: paid in through the sandbox, earned, with a card named and a tax form signed."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import User
from core.money import Money, dollars
from finance.models import (
    Approval,
    Batch,
    BatchStatus,
    PayoutDetails,
    Residence,
    TaxAnswer,
    TaxForm,
    TaxFormKind,
    TopUp,
    Withdrawal,
)
from finance.queries import withdrawable
from finance.queries.withdrawable import EARNINGS
from finance.rules import LIMITED_FOR
from finance.steps import batches, paying_out, payout_details, top_ups, withdrawals
from tests.payments import Payments

VISA = "4242 4242 4242 4242"
MASTERCARD = "5555 5555 5555 4444"
DEBIT = "4000 0566 5566 5556"
OTHER_DEBIT = "5200 8282 8282 8210"
FAILING_DEBIT = "4000 0566 5566 5572"
DAY = timedelta(days=1)


def paid_in(payments: Payments, user: User, amount: Money, *, now: datetime, card: str = VISA) -> TopUp:
    """A payment by card through the provider's page, credited."""
    top_up = top_ups.begin(user, amount, by=user, now=now)
    payments.pay(top_up, card)
    assert top_up.session_id
    settled = top_ups.settle(top_up.session_id, now)
    assert settled is not None
    return settled


def sign_a_form(user: User, *, now: datetime) -> None:
    """As far as withdrawals look at it: a form in force."""
    TaxAnswer.objects.create(user=user, citizen=True, residence=Residence.PERMITTED, at=now)
    TaxForm.objects.create(user=user, kind=TaxFormKind.W9, sealed=b"sealed", signed_at=now)


def name_a_card(payments: Payments, user: User, *, now: datetime, card: str = DEBIT) -> PayoutDetails:
    """The provider's page for payout details, filled in and sent; the site has asked what came of it."""
    page = payout_details.change(user, by=user, now=now)
    payments.onboard(page, card)
    account = PayoutDetails.objects.get(user=user).account_id
    assert account
    details = payout_details.refresh(account, now)
    assert details is not None
    return details


def ready_for_earnings(payments: Payments, user: User, *, now: datetime, card: str = DEBIT) -> None:
    """A card named so long ago that no limit is left, and a tax form."""
    name_a_card(payments, user, now=now - LIMITED_FOR - DAY, card=card)
    sign_a_form(user, now=now - DAY)


def ask(user: User, amount: Money, route: str = EARNINGS, *, now: datetime) -> list[Withdrawal]:
    """A request with the net sum that the form would have shown."""
    return withdrawals.request(user, amount, route, net=net_of(user, amount, route, now=now), by=user, now=now)


def net_of(user: User, amount: Money, route: str, *, now: datetime) -> Money:
    """What would arrive, as the form shows it."""
    found = {each.route: each for each in withdrawable.sources(user, now)}
    return found[route].net(amount) if route in found else amount


def send(payments: Payments, withdrawal: Withdrawal, *staff: User, now: datetime) -> Withdrawal:
    """Gather, approve twice and send; what the provider does of it is done at once."""
    batches.gather(withdrawal.pk, now)
    withdrawal.refresh_from_db()
    batch = withdrawal.batch
    assert batch is not None
    approve(batch, *staff, now=now)
    paying_out.due_for_a_try(withdrawal.pk, now)
    return paying_out.carry_on(withdrawal.pk, now)


def approve(batch: Batch, *staff: User, now: datetime) -> list[Approval]:
    """Everybody approves what there is to see; once two have, it is let go."""
    for by in staff:
        batches.approve(batch.pk, digest=digest_of(batch), by=by, now=now)
    let_go(batch, now=now)
    return list(batch.approvals.all())


def digest_of(batch: Batch) -> str:
    """What the batch's page shows now."""
    return batches.digest_of(Withdrawal.objects.filter(batch=batch, status="batched"))


def approved(now: datetime) -> Batch:
    """A batch that two have approved, with room for whatever a test puts there."""
    whole = {"status": BatchStatus.APPROVED, "at": now, "approved_at": now}
    batch, is_new = Batch.objects.get_or_create(date=now.date(), part=99, defaults=whole)
    for login in ("first_approver", "second_approver") if is_new else ():
        by = User.objects.filter(login=login).first() or User.objects.create_user(login, f"{login}@example.org")
        Approval.objects.create(batch=batch, by=by, at=now, count=1_000, total=dollars(1_000_000), digest="0" * 64)
    return batch


def let_go(batch: Batch, *, now: datetime) -> None:
    """What the timer does with an approved batch."""
    rows = Withdrawal.objects.filter(batch=batch, status="batched", next_try_at__isnull=False).order_by("id")
    for withdrawal_id in rows.values_list("pk", flat=True):
        batches.release(withdrawal_id, now)
