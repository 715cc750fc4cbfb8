"""Money that went out or was taken back in the demo: withdrawals and chargebacks, as if the provider had said so."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from accounts.models import User
from core.money import dollars
from finance import ledger
from finance.forms_tax import W8BENForm
from finance.models import Batch, Chargeback, PayoutDetails, Residence, TaxFormKind, TopUp, TopUpStatus, Withdrawal
from finance.provider.claims import Claim
from finance.provider.paying_out import PayoutAccount
from finance.queries import withdrawable
from finance.queries.withdrawable import EARNINGS
from finance.rules import payment_date
from finance.steps import batches, chargebacks, payout_details, tax, withdrawals
from finance.steps.withdrawing import book_sent, moving
from marketplace.demo import openings
from marketplace.demo.clockwork import Clockwork
from marketplace.demo.money import add_funds, rounded_up
from marketplace.demo.people import FINANCE

SELLERS = ("sam", "ines_paints", "northgrid")
CARDS_NAMED = timedelta(days=80)
PAID_BATCHES = (timedelta(days=45), timedelta(days=16))
TAKEN_BACK, DECIDED = timedelta(days=60), timedelta(days=38)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
LEAST = dollars(12)


def plan(clockwork: Clockwork, people: dict[str, User]) -> None:
    """Two batches that were paid, one that waits for its second approval, a request that waits for its date; two chargebacks."""
    end = clockwork.end
    sellers = [people[login] for login in SELLERS]
    first, second = (people[login] for login in FINANCE)
    for seller in sellers:
        clockwork.at(end - CARDS_NAMED, partial(_get_ready, seller))
    last = payment_date(end - 4 * DAY)
    while payment_date(last) + 3 * HOUR <= end:
        last = payment_date(last)
    for date in [*(payment_date(end - age) for age in PAID_BATCHES), last]:
        for seller in sellers:
            clockwork.at(date - DAY, partial(_ask, seller))
        clockwork.at(date, _gather)
        clockwork.at(date + HOUR, partial(_approve, first))
        if date != last:
            clockwork.at(date + 2 * HOUR, partial(_approve, second))
            clockwork.at(date + 2 * HOUR + 2 * MINUTE, _send)
    clockwork.at(max(end - 2 * HOUR, last + MINUTE), partial(_ask, sellers[0]))
    clockwork.at(end - TAKEN_BACK, _take_back)
    clockwork.at(end - DECIDED, _lose)
    clockwork.at(end - DECIDED + DAY, _collect)
    sten = people["sten"]
    clockwork.at(end - 3 * DAY, lambda now: add_funds(sten, dollars(60), now=now))
    clockwork.at(end - 26 * HOUR, lambda now: dispute(TopUp.objects.filter(user=sten, status="paid").latest("id"), now))


def _get_ready(seller: User, now: datetime) -> None:
    """A card for earnings and a tax form."""
    account = f"{openings.ACCOUNT}{seller.login}"
    PayoutDetails.objects.create(user=seller, account_id=account, at=now)
    card = PayoutAccount(account, True, f"{openings.CARD}{seller.login}", "Visa", "5556", f"payout-{seller.login}")
    payout_details.learn(account, card, now)
    tax.answer(citizen=False, residence=Residence.OUTSIDE, by=seller, now=now)
    tax.sign(TaxFormKind.W8BEN, _filled_in(seller, now), by=seller, now=now)


def _filled_in(seller: User, now: datetime) -> dict[str, object]:
    """What this seller signs, checked as on the site."""
    typed = {
        "name": seller.name,
        "citizenship": "DE",
        "born": f"19{60 + seller.pk % 40}-05-17",
        "address": f"Hauptstraße {seller.pk}",
        "city": "10115 Berlin",
        "country": "DE",
        "foreign_tin": f"12 345 {seller.pk:06}",
        "capacity": "on",
        "certified": "on",
        "signature": seller.name,
    }
    form = W8BENForm(typed, today=now.date())
    if not form.is_valid():
        raise ValueError(form.errors.as_json())
    return form.content()


def _ask(seller: User, now: datetime) -> None:
    """For half of what is earned, in whole dollars."""
    earned = withdrawable.sources(seller, now)[0]
    amount = dollars(earned.now.cents // 200)
    if amount >= LEAST:
        withdrawals.request(seller, amount, EARNINGS, net=earned.net(amount), by=seller, now=now)


def _gather(now: datetime) -> None:
    for withdrawal_id in Withdrawal.objects.filter(batch_due_at__lte=now).order_by("id").values_list("pk", flat=True):
        batches.gather(withdrawal_id, now)


def _approve(by: User, now: datetime) -> None:
    for batch in Batch.objects.filter(approved_at=None):
        seen = batches.digest_of(batch.withdrawals.filter(status="batched"))
        batches.approve(batch.pk, digest=seen, by=by, now=now)


def _send(now: datetime) -> None:
    """Everything that was approved is let go, the provider has taken it, and it has arrived."""
    approved = Withdrawal.objects.filter(status="batched", next_try_at__isnull=False).order_by("id")
    for withdrawal_id in approved.values_list("pk", flat=True):
        batches.release(withdrawal_id, now)
    for withdrawal_id in Withdrawal.objects.filter(status="sending").order_by("id").values_list("pk", flat=True):
        with moving(withdrawal_id, "send", by=None, now=now) as step:
            step.withdrawal.transfer_id = f"{openings.TRANSFER}{withdrawal_id}"
            step.withdrawal.payout_id = f"{openings.PAYOUT}{withdrawal_id}"
            step.withdrawal.tries, step.withdrawal.sent_at = 1, now
            book_sent(step.withdrawal, now=now)
        with moving(withdrawal_id, "arrive", by=None, now=now + MINUTE):
            pass


def _take_back(now: datetime) -> None:
    """The bank of somebody who has spent a part of a payment takes it back."""
    paid = TopUp.objects.filter(status=TopUpStatus.PAID).exclude(user__login__in=("bea", "sam", "sten"))
    for top_up in paid.select_related("user").order_by("-id"):
        if top_up.amount > ledger.balance(ledger.main_of(top_up.user)):
            dispute(top_up, now)
            return


def _lose(now: datetime) -> None:
    dispute(TopUp.objects.get(chargebacks=Chargeback.objects.earliest("id")), now, state="lost")


def _collect(now: datetime) -> None:
    """Who owes it adds money, of which it is taken."""
    lost = Chargeback.objects.earliest("id")
    if lost.owed:
        payer = User.objects.get(top_ups__chargebacks=lost)
        add_funds(payer, rounded_up(lost.owed) + dollars(20), now=now - 2 * MINUTE)
        chargebacks.collect(lost.pk, now)


def dispute(top_up: TopUp, now: datetime, *, state: str = "open") -> None:
    """The payer's bank takes a payment back, or has decided that it stays taken."""
    claim = Claim(
        id=f"{openings.CLAIM}{top_up.pk}",
        state=state,
        amount=top_up.amount,
        moved=((f"{openings.CLAIM_MOVED}{top_up.pk}", -top_up.amount),),
        why="fraudulent",
        charge_id=top_up.charge_id,
        top_up=top_up.pk,
    )
    chargebacks.learn(top_up.pk, claim, now)
