"""What banks take back, and every movement of the money that the provider holds for us (FIN-03, FIN-07)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import stripe
import structlog

from core.money import Money
from core.numbers import small_int
from finance.provider.client import MISSING, Declined, Unanswered, asked, client, written
from finance.rules import CURRENCY

if TYPE_CHECKING:
    from stripe.params import BalanceTransactionListParams
    from stripe.params._balance_transaction_list_params import BalanceTransactionListParamsCreated

log = structlog.get_logger(__name__)

ID_MOST = 10**18


@dataclass(frozen=True)
class Claim:
    """A payer's claim at their bank. `moved` is what the bank took for it (negative) and returned, by the movements' ids.

    `state` is open, won or lost; `top_up` is the number that we wrote on the payment, 0 when it bears none. `by_hand`: no bank
    has claimed it; it was sent back at the provider, or has failed, as `why` says, and how it stands follows from what moved.
    """

    id: str
    state: str
    amount: Money
    moved: tuple[tuple[str, Money], ...]
    why: str
    charge_id: str
    top_up: int
    by_hand: bool = False


@dataclass(frozen=True)
class Movement:
    """One line of the provider's list of movements; cents, positive in."""

    id: str
    kind: str
    source: str
    amount: Money
    fee: Money
    at: datetime


def retrieve_claim(dispute_id: str) -> Claim | None:
    """How a claim stands now; empty when the provider knows none. Refused with ProviderDown."""
    try:
        found = asked(lambda: client().v1.disputes.retrieve(dispute_id, {"expand": ["payment_intent"]}))
    except Declined as error:
        if str(error) != MISSING:
            raise Unanswered(str(error)) from error
        return None
    state = found.status if found.status in ("won", "lost") else "open"
    # A claim that was only asked about is closed without money ever having moved.
    if found.status == "warning_closed":
        state = "won"
    about = found.payment_intent.metadata if isinstance(found.payment_intent, stripe.PaymentIntent) else None
    return Claim(
        id=found.id,
        state=state,
        amount=Money(found.amount),
        moved=tuple((each.id, Money(each.amount)) for each in found.balance_transactions if each.currency == CURRENCY),
        why=found.reason or "",
        charge_id=found.charge if isinstance(found.charge, str) else found.charge.id,
        top_up=small_int(written(about, "top_up"), 1, ID_MOST) or 0,
    )


def movements(since: datetime, until: datetime | None) -> Iterator[Movement]:
    """Every movement from then on and before `until` (whole seconds), the latest first. Refused with ProviderDown.

    What moved in another currency than ours is left out, as it is of `held`: its cents are no cents of ours.
    """
    created: BalanceTransactionListParamsCreated = {"gte": int(since.timestamp())}
    if until is not None:
        created["lt"] = int(until.timestamp())
    wanted: BalanceTransactionListParams = {"created": created, "limit": 100}
    strange: list[str] = []
    while True:
        found = asked(lambda: client().v1.balance_transactions.list(wanted))
        for each in found.data:
            if each.currency == CURRENCY:
                yield _movement(each)
            else:
                strange.append(each.id)
        if not found.has_more:
            break
        wanted["starting_after"] = found.data[-1].id
    if strange:
        log.warning("movements in another currency are not booked", movements=strange)


def _movement(found: stripe.BalanceTransaction) -> Movement:
    source = found.source if isinstance(found.source, str) else found.source.id if found.source else ""
    at = datetime.fromtimestamp(found.created, UTC)
    return Movement(found.id, found.type, source, Money(found.amount), Money(found.fee), at)


def held() -> Money:
    """What the provider says it holds for us, available or not yet. Refused with ProviderDown."""
    found = asked(lambda: client().v1.balance.retrieve())
    available = [each.amount for each in found.available if each.currency == CURRENCY]
    return Money(sum(available) + sum(each.amount for each in found.pending if each.currency == CURRENCY))
