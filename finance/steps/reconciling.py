"""Holding our books against the provider's own list of movements (FIN-07).

Every movement is copied once and matched with the entry that booked it here. What has no entry yet is looked at again at each
run; the laws name what stays unmatched. The provider's fees are booked from this list, because nothing else tells of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from core.locks import alone
from finance import ledger
from finance.models import Chargeback, Entry, ProviderMovement, TopUp, Verb, Withdrawal
from finance.provider import claims
from finance.provider.claims import Movement
from finance.steps import chargebacks

log = structlog.get_logger(__name__)

# Gives the key of the entry that booked a movement; empty while there is none.
Finder = Callable[[ProviderMovement, datetime], str]

LOCK_SPACE = 0x5245434F  # keeps this lock apart from any others
OVERLAP = timedelta(hours=3)  # lists are asked for from so long before the newest known movement


def reconcile(now: datetime) -> int:
    """Copy what is new and match what is not matched; returns how many movements were new. Refused with ProviderDown."""
    with alone(LOCK_SPACE, "movements") as first:
        if not first:
            return 0
        newest = ProviderMovement.objects.order_by("-at").values_list("at", flat=True).first()
        since = newest - OVERLAP if newest else datetime.fromtimestamp(0, now.tzinfo)
        heard = list(claims.movements(since))
        known = set(ProviderMovement.objects.filter(pk__in=[each.id for each in heard]).values_list("pk", flat=True))
        new = [each for each in reversed(heard) if each.id not in known]
        for each in new:
            _keep(each, now)
        for movement in ProviderMovement.objects.filter(entry=None).order_by("at", "id"):
            _match(movement, now)
        return len(new)


def _keep(heard: Movement, now: datetime) -> None:
    with transaction.atomic():
        ProviderMovement.objects.create(
            pk=heard.id, kind=heard.kind, source=heard.source, amount=heard.amount, fee=heard.fee, at=heard.at
        )
        if heard.fee:
            ledger.post(
                f"provider_fee:{heard.id}",
                Verb.PROVIDER_FEE,
                {ledger.PROVIDER: heard.fee, ledger.PROCESSING: -heard.fee},
                by=None,
                now=now,
            )


def _match(movement: ProviderMovement, now: datetime) -> None:
    find = FINDERS.get(movement.kind)
    key = find(movement, now) if find else ""
    entry = Entry.objects.filter(key=key, movement=None).first() if key else None
    if entry is not None:
        ProviderMovement.objects.filter(pk=movement.pk, entry=None).update(entry=entry)


def _of_withdrawal(name: str, part: str) -> Finder:
    """The entry of the withdrawal that bears the movement's source under this name."""

    def find(movement: ProviderMovement, _now: datetime) -> str:
        withdrawal = Withdrawal.objects.filter(**{name: movement.source}).first()
        return f"{withdrawal.payout_key}:{part}" if withdrawal else ""

    return find


def _payment(movement: ProviderMovement, _now: datetime) -> str:
    top_up = TopUp.objects.filter(charge_id=movement.source).first()
    return f"top_up:{top_up.pk}:credit" if top_up else ""


def _claim(movement: ProviderMovement, now: datetime) -> str:
    """A claim that nobody has told us of is heard of here; so is what a bank has moved since."""
    found = Chargeback.objects.filter(dispute_id=movement.source).first()
    if found is None or not Entry.objects.filter(key=f"{found.reference}:{movement.pk}").exists():
        found = chargebacks.settle(movement.source, now)
    return f"{found.reference}:{movement.pk}" if found else ""


def _to_our_bank(movement: ProviderMovement, now: datetime) -> str:
    """The site's owner has moved money between the provider and the bank: still ours, held elsewhere."""
    key = f"moved:{movement.pk}"
    if not Entry.objects.filter(key=key).exists():
        lines = {ledger.PROVIDER: -movement.amount, ledger.BANK: movement.amount}
        ledger.post(key, Verb.MOVED, lines, by=None, now=now)
    return key


def _own_fee(movement: ProviderMovement, now: datetime) -> str:
    """A fee that the provider takes by itself, not with a payment."""
    key = f"provider_fee:{movement.pk}:own"
    if not Entry.objects.filter(key=key).exists():
        lines = {ledger.PROVIDER: -movement.amount, ledger.PROCESSING: movement.amount}
        ledger.post(key, Verb.PROVIDER_FEE, lines, by=None, now=now)
    return key


FINDERS: dict[str, Finder] = {
    "charge": _payment,
    "payment": _payment,
    "refund": _of_withdrawal("refund_id", "sent"),
    "payment_refund": _of_withdrawal("refund_id", "sent"),
    "refund_failure": _of_withdrawal("refund_id", "returned"),
    "payment_failure_refund": _of_withdrawal("refund_id", "returned"),
    "adjustment": _claim,
    "transfer": _of_withdrawal("transfer_id", "sent"),
    "transfer_refund": _of_withdrawal("reversal_id", "returned"),
    "payout": _to_our_bank,
    "payout_cancel": _to_our_bank,
    "payout_failure": _to_our_bank,
    "topup": _to_our_bank,
    "stripe_fee": _own_fee,
}
