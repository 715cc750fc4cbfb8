"""Money for the demo: top-ups that end as if the payment provider had said so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from core.events import record
from core.money import Money, dollars
from finance import ledger
from finance.models import OfflineWay, PromoCode, TopUp
from finance.provider import PaymentSession
from finance.rules import CURRENCY, next_check
from finance.spendable import owed_by
from finance.steps import offline, promo, top_ups
from marketplace.demo import openings

ROUND = dollars(20)
SPARE = dollars(100)
CODE = "WELCOME"
PAYING = timedelta(minutes=2)


def add_funds(user: User, amount: Money, *, now: datetime, paid: bool = True) -> None:
    """A top-up by card that was paid two minutes before, or (not `paid`) whose page ran out."""
    top_up = TopUp.objects.create(user=user, amount=amount, at=now - PAYING, check_due_at=next_check(now, now))
    top_up.session_id = f"{openings.SESSION}{top_up.pk}"
    top_up.save(update_fields=["session_id"])
    record("top_up.opened", top_up, by=user, now=now - PAYING, amount_cents=amount.cents)
    session = PaymentSession(
        id=top_up.session_id,
        url="",
        state="complete" if paid else "expired",
        paid=paid,
        amount=amount,
        currency=CURRENCY,
        **(_paid_with(top_up) if paid else {"payment_intent": ""}),
    )
    top_ups.learn(top_up.session_id, session, now)


def _paid_with(top_up: TopUp) -> dict[str, Any]:
    """Everybody has one card of their own."""
    user = top_up.user_id
    return {
        "payment_intent": f"{openings.INTENT}{top_up.pk}",
        "charge_id": f"{openings.CHARGE}{top_up.pk}",
        "method": "card",
        "brand": "mastercard" if user % 3 == 0 else "visa",
        "last4": f"{1000 + user * 37 % 9000:04}",
        "fingerprint": f"demo-{user}",
    }


def cover_price(user: User, price: Money, *, now: datetime) -> None:
    """Add what the main balance lacks for a price, and for what it owes, and some more, in a round sum."""
    missing = price + owed_by(user) - ledger.balance(ledger.main_of(user))
    if missing.cents > 0:
        add_funds(user, rounded_up(missing) + SPARE, now=now)


def rounded_up(amount: Money) -> Money:
    """The next whole multiple of $20."""
    return ROUND * -(-amount.cents // ROUND.cents)


def promote(now: datetime, *, by: User) -> None:
    """A promo code that everybody may try."""
    ends = now + timedelta(days=365)
    code = PromoCode(code=CODE, amount=dollars(10), valid_from=now, valid_until=ends, most_uses=1_000, note="Demo")
    promo.keep(code, [], by=by, now=now)


def redeem(user: User, now: datetime) -> None:
    """Somebody uses it."""
    promo.redeem(CODE, by=user, now=now)


def announce(user: User, amount: Money, now: datetime) -> None:
    """A bank transfer that staff have not found yet."""
    offline.announce(OfflineWay.BANK, amount, by=user, now=now)
