"""Money that is paid in and out as the provider tells of it, without the provider: for tests of what the books make of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance.models import Chargeback, Lot, PayoutDetails, TopUp
from finance.provider import PaymentSession
from finance.provider.claims import Claim
from finance.rules import CURRENCY, LIMITED_FOR
from finance.steps import chargebacks, top_ups
from tests.stage import give
from tests.withdrawing import sign_a_form

_numbers = count(1)


def asked_for(user: User, amount: Money, *, now: datetime) -> TopUp:
    """A top-up whose payment page is open."""
    session_id = f"cs_{next(_numbers)}"
    return TopUp.objects.create(user=user, amount=amount, session_id=session_id, at=now, check_due_at=now)


def session_of(top_up: TopUp, **said: Any) -> PaymentSession:
    """What the provider says of a payment: paid by a card, unless `said` says otherwise."""
    facts: dict[str, Any] = {
        "id": str(top_up.session_id),
        "url": "",
        "state": "complete",
        "paid": True,
        "amount": top_up.amount,
        "currency": CURRENCY,
        "payment_intent": f"pi_{top_up.pk}",
        "charge_id": f"ch_{top_up.pk}",
        "method": "card",
        "brand": "visa",
        "last4": "4242",
        "fingerprint": "one card",
        "received": said.get("amount", top_up.amount),
    }
    return PaymentSession(**{**facts, **said})


def by_card(user: User, amount: Money, *, now: datetime) -> Lot:
    """A credited payment, and what is left of it to go back to its card."""
    top_up = asked_for(user, amount, now=now)
    top_ups.learn(str(top_up.session_id), session_of(top_up), now)
    return Lot.objects.select_related("top_up").get(top_up=top_up)


def of(lot: Lot) -> TopUp:
    """The payment whose money it holds."""
    assert lot.top_up is not None
    return lot.top_up


def claimed(
    lot: Lot,
    *,
    now: datetime,
    state: str = "open",
    taken: Money | None = None,
    withdrawn: Money | None = None,
    **said: Any,
) -> Chargeback:
    """The payer's bank has taken a payment back, wholly unless `taken` says how much; it still holds that of what it withdrew."""
    taken = lot.amount if taken is None else taken
    moved = bank_moved(of(lot).pk, taken if withdrawn is None else withdrawn, taken)
    facts: dict[str, Any] = {
        "id": f"dp_{of(lot).pk}",
        "state": state,
        "amount": lot.amount,
        "moved": moved,
        "why": "fraudulent",
        "charge_id": of(lot).charge_id,
        "top_up": of(lot).pk,
    }
    return chargebacks.learn(of(lot).pk, Claim(**{**facts, **said}), now)


def bank_moved(top_up_id: int, withdrawn: Money, taken: Money) -> tuple[tuple[str, Money], ...]:
    """The bank's movements for a claim: what it withdrew, and what it returned of that when it holds less."""
    moved = [(f"txn_{top_up_id}", -withdrawn)] if withdrawn else []
    if taken != withdrawn:
        moved.append((f"txn_{top_up_id}_back", withdrawn - taken))
    return tuple(moved)


def won(lot: Lot, *, now: datetime) -> Chargeback:
    """The bank has decided for us and given everything back."""
    return claimed(lot, now=now, state="won", taken=ZERO, withdrawn=lot.amount)


def named(user: User, *, at: datetime) -> PayoutDetails:
    """A card for earnings that is ready, named at this moment."""
    return PayoutDetails.objects.create(
        user=user,
        account_id=f"acct_{user.pk}",
        card_id="card_1",
        brand="Visa",
        last4="5556",
        enabled=True,
        changed_at=at,
        at=at,
    )


def an_earner(user: User, *, now: datetime) -> User:
    """Somebody with $100 that is bound to no card, and everything ready to withdraw it."""
    give(user, dollars(100), now=now)
    named(user, at=now - LIMITED_FOR - timedelta(days=1))
    sign_a_form(user, now=now - timedelta(days=1))
    return user
