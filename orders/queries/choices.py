"""Choices that wait in checkout, looked at as they are today."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from accounts.models import User
from core.models import Event
from core.refusals import Refusal
from finance.models import TopUp
from orders.models import Checkout, Order
from orders.queries.payment import Balances
from orders.rules import CHOICES_LOOKED_AT, CHOICES_WAIT
from orders.steps import checkout


def coverable(user: User, now: datetime) -> Checkout | None:
    """The user's newest choice that could be ordered now just as it was shown, and is not (ORD-01).

    Old ones, and those of a kwork that was ordered since, are not wanted any more.
    """
    ordered = Order.objects.filter(buyer=user, kwork=OuterRef("kwork"), placed_at__gte=OuterRef("at"))
    waiting = Checkout.objects.filter(~Exists(ordered), buyer=user, at__gt=now - CHOICES_WAIT)
    newest = waiting.select_related("kwork__seller").prefetch_related("kwork__extras").order_by("-at", "-pk")
    balances = Balances.of(user)
    return next((choice for choice in newest[:CHOICES_LOOKED_AT] if _is_covered(choice, balances)), None)


def just_paid(choice: Checkout) -> TopUp | None:
    """A payment for this choice that has come in and whose event waits to be handed on; no other places anything any more."""
    waiting = Event.objects.filter(
        kind="top_up.paid", subject=TopUp._meta.model_name, subject_id=OuterRef("pk"), handed_at__isnull=True
    )
    return choice.top_ups().filter(Exists(waiting)).last()


def _is_covered(choice: Checkout, balances: Balances) -> bool:
    if not checkout.is_on_sale(choice.kwork):
        return False
    try:
        priced = checkout.quote(choice.kwork, choice.quantity, choice.extras)
    except Refusal:
        return False
    return not checkout.changes(choice, priced) and not balances.split(priced.total, bonus_first=True).missing
