"""What was shown before the press is what is done, or nothing is (CAN-19)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.foresight import Effect
from arbitration.models import CancelRequest, RequestStatus
from arbitration.steps import canceling
from core.money import Money
from core.refusals import Refusal
from orders.models import Order


class Changed(Refusal):
    """What would follow is no longer what was shown: nothing is done before it was looked at again."""

    def __init__(self) -> None:
        super().__init__(_("What follows has changed meanwhile, so nothing was done. Look at it again."))


@dataclass(frozen=True)
class Shown:
    """What a preview promised: whether it takes effect at once, and how much goes back to the buyer, in cents."""

    at_once: bool
    refunded: Money

    @classmethod
    def of(cls, effect: Effect) -> Shown:
        return cls(effect.at_once, effect.shares.refunded)


def cancel(order_id: int, rule: str, shown: Shown | None, *, text: str, by: User, now: datetime) -> Effect:
    """Cancel or ask to, exactly as it was shown. Refused: what `canceling.cancel` refuses, and with Changed another effect."""
    with transaction.atomic():
        effect = canceling.cancel(order_id, rule, text=text, by=by, now=now)
        if Shown.of(effect) != shown:
            raise Changed
    return effect


@contextmanager
def as_asked(order_id: int, request_id: int | None) -> Iterator[None]:
    """Answer just the request to cancel that was shown, not another that has taken its place meanwhile."""
    with transaction.atomic():
        Order.objects.select_for_update(of=("self",)).get(pk=order_id)
        waiting = CancelRequest.objects.filter(order_id=order_id, status=RequestStatus.WAITING)
        if waiting.exclude(pk=request_id or 0).exists():
            raise Changed
        yield


@contextmanager
def as_shown(order_id: int, total: Money | None) -> Iterator[None]:
    """Take a step on an order's money only while the order still holds what was shown, in cents (ORD-14 adds to it)."""
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).get(pk=order_id)
        if order.total != total:
            raise Changed
        yield
