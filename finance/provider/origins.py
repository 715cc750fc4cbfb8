"""Where a movement of the money that the provider holds for us comes from, told by the provider itself (FIN-07)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import stripe

from core.numbers import small_int
from finance.provider.claims import ID_MOST
from finance.provider.client import client, looked, written


@dataclass(frozen=True)
class Origin:
    """What a movement leads back to: the ids of the provider's, and the numbers of ours that are written on them."""

    ids: frozenset[str]
    top_ups: frozenset[int]
    withdrawals: frozenset[int]


def of(movement_id: str) -> Origin:
    """From the movement over a refund, a claim or a reversal to its payment or transfer. Refused with ProviderDown."""
    found = looked(lambda: client().v1.balance_transactions.retrieve(movement_id, {"expand": ["source"]}))
    met = list(_back_from(found.source))
    return Origin(frozenset(each.id for each in met), _numbers(met, "top_up"), _numbers(met, "withdrawal"))


def _back_from(found: object) -> Iterator[Any]:
    if isinstance(found, stripe.StripeObject):
        yield found
        yield from _back_from(_before(found))


def _before(found: stripe.StripeObject) -> object:
    """What a thing at the provider was made of, asked for anew; empty at the beginning."""
    if isinstance(found, (stripe.Refund, stripe.Dispute)) and found.charge:
        charge = _id(found.charge)
        return looked(lambda: client().v1.charges.retrieve(charge))
    if isinstance(found, stripe.Charge) and found.payment_intent:
        intent = _id(found.payment_intent)
        return looked(lambda: client().v1.payment_intents.retrieve(intent))
    if isinstance(found, stripe.TransferReversal):
        transfer = _id(found.transfer)
        return looked(lambda: client().v1.transfers.retrieve(transfer))
    return None


def _id(found: str | stripe.Charge | stripe.PaymentIntent | stripe.Transfer) -> str:
    return found if isinstance(found, str) else found.id


def _numbers(met: list[Any], name: str) -> frozenset[int]:
    numbers = (small_int(written(getattr(each, "metadata", None), name), 1, ID_MOST) for each in met)
    return frozenset(number for number in numbers if number)
