"""What an order's end earns those who brought its two sides (REF-02), in the transaction that moves its money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from core.events import record
from core.money import Money
from finance import ledger
from finance.models import Verb
from referrals import rules
from referrals.models import Attachment, Reward, Side
from referrals.queries.earnings import running


@dataclass(frozen=True)
class Due:
    """Whom one side of an order pays."""

    side: Side
    attachment: Attachment

    @property
    def place(self) -> ledger.Place:
        return ledger.main_of(self.attachment.referrer)


def due(*, buyer: User, seller: User, now: datetime) -> list[Due]:
    """Who would be paid for an order of these two that ends now.

    Asked before the money moves: the caller locks these accounts together with the order's own, in the order of their keys,
    or two orders whose sellers have brought each other would wait for each other in a circle.
    """
    sides = {seller.pk: Side.SALE, buyer.pk: Side.PURCHASE}
    found = running(now).filter(referral__in=sides, referrer__is_active=True).select_related("referrer")
    dues = [Due(sides[each.referral_id], each) for each in found]
    return sorted(dues, key=lambda each: each.side == Side.PURCHASE)


def pay(
    dues: Sequence[Due],
    *,
    key: str,
    number: str,
    base: Money,
    commission: Money,
    by: User | None,
    now: datetime,
) -> None:
    """Pay them from the order's commission; `key` and `number` are the order's, `base` what was paid for it from main.

    Amounts in cents, by `rules.rewards`. What rounds to nothing is not written.
    """
    amounts = rules.rewards(base, commission, [each.side for each in dues])
    for each in dues:
        if amounts[each.side]:
            _pay(each, f"{key}:referral:{each.side}", number, base, amounts[each.side], by=by, now=now)


def _pay(due: Due, key: str, number: str, base: Money, amount: Money, *, by: User | None, now: datetime) -> None:
    lines = {ledger.COMMISSION: -amount, due.place: amount}
    ledger.post(key, Verb.REFERRAL, lines, reference=number, by=by, now=now)
    reward = Reward.objects.create(
        attachment=due.attachment,
        side=due.side,
        order_number=number,
        base=base,
        amount=amount,
        entry_key=key,
        at=now,
    )
    record("referral.earned", reward, by=by, now=now)
