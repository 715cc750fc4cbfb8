"""Top-ups that were paid, without a payment page."""

from __future__ import annotations

from uuid import uuid4

from core.money import Money
from finance.models import TopUp
from finance.provider import PaymentSession
from finance.steps import top_ups
from orders.models import Checkout
from tests.stage import Stage


def paid_top_up(stage: Stage, amount: Money, choice: Checkout | None = None) -> TopUp:
    """A top-up, for a choice or for itself, of which the provider says that it is paid."""
    session = PaymentSession(f"cs_{uuid4()}", "", "complete", True, amount, "usd", "pi_1")
    top_up = TopUp.objects.create(
        user=stage.buyer,
        amount=amount,
        session_id=session.id,
        at=stage.now,
        check_due_at=stage.now,
        return_to=choice.get_absolute_url() if choice else "",
    )
    if choice:
        Checkout.objects.filter(pk=choice.pk).update(top_up=top_up)
    paid = top_ups.learn(session.id, session, stage.now)
    assert paid is not None
    return paid
