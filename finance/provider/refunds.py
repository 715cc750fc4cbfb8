"""Refunds as the provider keeps them, also those that somebody has made in its dashboard (FIN-03)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import stripe

from core.money import Money
from core.numbers import small_int
from finance.provider.claims import ID_MOST
from finance.provider.client import MISSING, Declined, Unanswered, asked, client, looked, written
from finance.rules import CURRENCY

UNDER_WAY = ("pending", "requires_action")


@dataclass(frozen=True)
class Refund:
    """A payment, or a part of it, that goes back to its payer. `moved` is what it took of our balance (negative) and
    brought back to it when it failed, by the movements' ids.

    `withdrawal` is the number of ours that we wrote on it, `top_up` the one on its payment, each 0 when there is none.
    """

    id: str
    amount: Money
    failed: bool
    moved: tuple[tuple[str, Money], ...]
    charge_id: str
    top_up: int
    withdrawal: int


def retrieve(refund_id: str) -> Refund | None:
    """How a refund stands now; empty when the provider knows none. Refused with ProviderDown."""
    expand = ["balance_transaction", "failure_balance_transaction", "payment_intent"]
    try:
        found = asked(lambda: client().v1.refunds.retrieve(refund_id, {"expand": expand}))
    except Declined as error:
        if str(error) != MISSING:
            raise Unanswered(str(error)) from error
        return None
    about = found.payment_intent.metadata if isinstance(found.payment_intent, stripe.PaymentIntent) else None
    charge = found.charge
    return Refund(
        id=found.id,
        amount=Money(found.amount),
        failed=found.status in ("failed", "canceled"),
        moved=tuple(_moved(found)),
        charge_id=charge.id if isinstance(charge, stripe.Charge) else charge or "",
        top_up=_number(written(about, "top_up")),
        withdrawal=_number(written(found.metadata, "withdrawal")),
    )


def of_charge(charge_id: str) -> list[str]:
    """The ids of every refund of a charge. Refused with ProviderDown."""
    return [each.id for each in looked(lambda: client().v1.refunds.list({"charge": charge_id, "limit": 100})).data]


def all_went_back(charge_id: str) -> bool:
    """Whether nothing is left of a charge, because all of it was refunded. Refused with ProviderDown."""
    return went_back(looked(lambda: client().v1.charges.retrieve(charge_id, {"expand": ["refunds"]})))


def went_back(charge: stripe.Charge) -> bool:
    """Whether all of a charge, asked for with its refunds, has gone back; what is still on its way may yet fail."""
    made = getattr(charge, "refunds", None)
    return bool(charge.refunded) and not any(each.status in UNDER_WAY for each in (made.data if made else ()))


def _moved(found: stripe.Refund) -> Iterator[tuple[str, Money]]:
    # The second one is left out by the provider while nothing has failed.
    for each in (found.balance_transaction, getattr(found, "failure_balance_transaction", None)):
        if isinstance(each, stripe.BalanceTransaction) and each.currency == CURRENCY:
            yield each.id, Money(each.amount)


def _number(text: str) -> int:
    return small_int(text, 1, ID_MOST) or 0
