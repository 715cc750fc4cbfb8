"""Holding our books against the provider's own list of movements (FIN-07).

Every movement is copied once and matched with the entry that booked it here. What has no entry yet is looked at again at each
run; the laws name what stays unmatched. The provider's fees are booked from this list, because nothing else tells of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Sum

from core.locks import alone
from core.money import ZERO, Money
from finance import ledger
from finance.models import Chargeback, Entry, ProviderMovement, TopUp, TopUpStatus, Verb, Withdrawal
from finance.provider import ProviderDown, Unanswered, claims, origins
from finance.provider.claims import Movement
from finance.steps import chargebacks, refunds

log = structlog.get_logger(__name__)

# Gives the key of the entry that booked a movement; empty while there is none.
Finder = Callable[[ProviderMovement, datetime], str]

LOCK_SPACE = 0x5245434F  # keeps this lock apart from any others
OVERLAP = timedelta(hours=3)  # lists are asked for from so long before the newest known movement
WINDOW = timedelta(days=7)  # so much is asked for, and kept, at a time


def reconcile(now: datetime) -> int:
    """Copy what is new and match what is not matched; returns how many movements were new. Refused with ProviderDown."""
    with nobody_else() as first:
        if not first:
            return 0
        new = sum(_copy(since, until, now) for since, until in _windows(now))
        # What moved nothing needs no entry, and none can be made of it.
        for movement in ProviderMovement.objects.filter(entry=None).exclude(amount=ZERO).order_by("at", "id"):
            try:
                match(movement, now)
            except ProviderDown:
                raise
            except Exception:
                # One that cannot be booked keeps no other from it; the laws name it.
                log.exception("a movement cannot be booked", movement=movement.pk, kind=movement.kind)
        return new


def nobody_else() -> AbstractContextManager[bool]:
    """True for the one who may match movements now."""
    return alone(LOCK_SPACE, "movements")


def _windows(now: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """From the newest known movement, or the site's first payment, on: the oldest first, so that a walk which is cut off
    goes on where it was. The last has no end."""
    newest = ProviderMovement.objects.order_by("-at").values_list("at", flat=True).first()
    since = (newest or TopUp.objects.order_by("id").values_list("at", flat=True).first() or now) - OVERLAP
    while since + WINDOW < now:
        yield since, since + WINDOW
        since += WINDOW
    yield since, None


def _copy(since: datetime, until: datetime | None, now: datetime) -> int:
    heard = list(claims.movements(since, until))
    known = set(ProviderMovement.objects.filter(pk__in=[each.id for each in heard]).values_list("pk", flat=True))
    new = [each for each in reversed(heard) if each.id not in known]
    for each in new:
        _keep(each, now)
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


def match(movement: ProviderMovement, now: datetime) -> None:
    """Find the entry that booked a movement, with the same sum; it is booked now where nothing else tells of it.

    Only for whom `nobody_else` lets in. Refused with ProviderDown.
    """
    find = FINDERS.get(movement.kind)
    try:
        key = find(movement, now) if find else ""
    except Unanswered as error:
        # One that nobody can explain keeps no other from being matched; the laws name it.
        log.warning("the provider tells nothing of a movement", movement=movement.pk, why=error.why)
        return
    entry = Entry.objects.filter(key=key, movement=None).first() if key else None
    if entry is None:
        return
    booked = _booked_as_held(entry)
    if booked != movement.amount:
        # A part of what was booked, or more: a match could not be undone, and would hide the rest.
        log.error("a movement has another sum than was booked", movement=movement.pk, entry=key, booked=str(booked))
        return
    ProviderMovement.objects.filter(pk=movement.pk, entry=None).update(entry=entry)


def _booked_as_held(entry: Entry) -> Money:
    """By what an entry changed what the provider holds for us."""
    lines = entry.postings.filter(account__key=ledger.PROVIDER.key)
    return -(lines.aggregate(total=Sum("amount"))["total"] or ZERO)


def _of_withdrawal(name: str, part: str) -> Finder:
    """The entry of the withdrawal that bears the movement's source under this name."""

    def find(movement: ProviderMovement, now: datetime) -> str:
        withdrawal = Withdrawal.objects.filter(**{name: movement.source}).first()
        if withdrawal is None:
            return ""
        if part == "returned" and _is_borne(withdrawal):
            return _recovered(withdrawal, movement, now)
        return f"{withdrawal.payout_key}:{part}"

    return find


def _transfer_back(movement: ProviderMovement, now: datetime) -> str:
    """A transfer was taken back; of one that was given up nobody has noted by which reversal, so the provider is asked."""
    key = _of_withdrawal("reversal_id", "returned")(movement, now)
    if key:
        return key
    origin = origins.of(movement.pk)
    for withdrawal in Withdrawal.objects.filter(transfer_id__in=origin.ids - {""}):
        if _is_borne(withdrawal):
            return _recovered(withdrawal, movement, now)
    return ""


def _is_borne(withdrawal: Withdrawal) -> bool:
    """Whether staff has given it up, so that the site bears what left."""
    return Entry.objects.filter(key=f"{withdrawal.payout_key}:borne").exists()


def _recovered(withdrawal: Withdrawal, movement: ProviderMovement, now: datetime) -> str:
    """What the site had given up has come back after all: it is the site's again."""
    key = f"{withdrawal.payout_key}:recovered"
    if Entry.objects.filter(key=key, movement__isnull=False).exists():
        key = f"{key}:{movement.pk}"  # it comes back in parts
    if not Entry.objects.filter(key=key).exists():
        lines = {ledger.PROVIDER: -movement.amount, ledger.COMMISSION: movement.amount}
        ledger.post(key, Verb.MOVED, lines, reference=withdrawal.reference, by=None, now=now)
    return key


def _payment(movement: ProviderMovement, now: datetime) -> str:
    top_up = TopUp.objects.filter(charge_id=movement.source).first()
    if top_up is None:
        return ""
    if top_up.status == TopUpStatus.ABANDONED and refunds.went_back_unbooked(movement.source):
        return _to_our_bank(movement, now)
    return f"top_up:{top_up.pk}:credit"


def _refund(part: str) -> Finder:
    """The entry of the withdrawal that a refund is; one that somebody has made by hand is heard of here."""

    def find(movement: ProviderMovement, now: datetime) -> str:
        key = _of_withdrawal("refund_id", part)(movement, now)
        key = key or _booked(movement, now, refunds.settle) or _passed_through(movement, now)
        return key or (_credited_since(movement) if part == "returned" else "")

    return find


def _credited_since(movement: ProviderMovement) -> str:
    """What had passed through came back, and staff has credited it: by this movement it is here."""
    top_up = refunds.credited_since(movement.source)
    return f"top_up:{top_up.pk}:credit" if top_up else ""


def _passed_through(movement: ProviderMovement, now: datetime) -> str:
    """A refund of what was never credited: with its payment it leaves nothing."""
    return _to_our_bank(movement, now) if refunds.passed_through(movement.source) else ""


def _failed(movement: ProviderMovement, now: datetime) -> str:
    """A payment that took its time has failed after it was credited; the provider names the payment, or a refund of it."""
    top_up = TopUp.objects.filter(charge_id=movement.source, status=TopUpStatus.PAID).first()
    if top_up is None:
        return _refund("returned")(movement, now)
    found = refunds.failed_payment(top_up, movement.pk, movement.amount, now)
    return f"{found.reference}:{movement.pk}"


def _claim(movement: ProviderMovement, now: datetime) -> str:
    """A claim that nobody has told us of is heard of here; so is what a bank has moved since."""
    return _booked(movement, now, chargebacks.settle)


def _booked(movement: ProviderMovement, now: datetime, settle: Callable[[str, datetime], Chargeback | None]) -> str:
    found = Chargeback.objects.filter(dispute_id=movement.source).first()
    if found is None or not Entry.objects.filter(key=f"{found.reference}:{movement.pk}").exists():
        found = settle(movement.source, now)
    return f"{found.reference}:{movement.pk}" if found else ""


def _to_our_bank(movement: ProviderMovement, now: datetime) -> str:
    """The site's owner has moved money between the provider and the bank: still ours, held elsewhere."""
    key = f"moved:{movement.pk}"
    if not Entry.objects.filter(key=key).exists():
        lines = {ledger.PROVIDER: -movement.amount, ledger.BANK: movement.amount}
        ledger.post(key, Verb.MOVED, lines, by=None, now=now)
    return key


def _transfer_undone(movement: ProviderMovement, now: datetime) -> str:
    """A transfer was canceled or has failed: one of a withdrawal, or the owner's own."""
    return _of_withdrawal("transfer_id", "returned")(movement, now) or _to_our_bank(movement, now)


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
    "refund": _refund("sent"),
    "payment_refund": _refund("sent"),
    "refund_failure": _refund("returned"),
    "payment_failure_refund": _failed,
    "payment_reversal": _failed,
    "adjustment": _claim,
    "transfer": _of_withdrawal("transfer_id", "sent"),
    "transfer_refund": _transfer_back,
    "payout": _to_our_bank,
    "payout_cancel": _to_our_bank,
    "payout_failure": _to_our_bank,
    "topup": _to_our_bank,
    "topup_reversal": _to_our_bank,
    "transfer_cancel": _transfer_undone,
    "transfer_failure": _transfer_undone,
    "stripe_fee": _own_fee,
    "stripe_fx_fee": _own_fee,
    "tax_fee": _own_fee,
}
