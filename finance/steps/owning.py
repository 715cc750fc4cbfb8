"""Movements at the provider that belong to the site's owner, and that no machine can tell from others (FIN-07).

It is the one verb that makes a wrong proof right, so the provider is asked first, and two of staff say it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record, timeline
from core.models import Event
from core.refusals import NotAllowed, OutOfTurn
from core.staff import may, said_by_another
from finance import ledger
from finance.models import Chargeback, ProviderMovement, TopUp, Verb, Withdrawal
from finance.provider import origins
from finance.rules import RECONCILED_WITHIN
from finance.steps import reconciling
from finance.steps.reasons import reason_given

DECIDE = "finance.change_providermovement"  # Django's own right; nothing else of a movement can be changed
ASKED = "movement.own_asked"  # of the account, because a movement has no number of ours


def book_as_own(movement_id: str, reason: str, *, by: User, now: datetime) -> None:
    """A movement is of the site's owner: the first of staff says so, the second books it as moved between provider and bank.

    Refused: no right to it, said by the same person already (NotAllowed), no reason (Invalid), booked already, too young,
    somebody at it, or of any payment or withdrawal of a user, however it stands (OutOfTurn), the provider down (ProviderDown).
    """
    if not may(by, DECIDE):
        raise NotAllowed(_("Only staff who may change movements can decide this."))
    reason = reason_given(reason)
    with reconciling.nobody_else() as first:
        if not first:
            raise OutOfTurn(_("Movements are being compared just now. Try again in a minute."))
        _refuse_unless_nobodys(movement_id, now)
        with transaction.atomic():
            movement = ProviderMovement.objects.select_for_update(of=("self",)).get(pk=movement_id)
            _check(movement, now)
            if not said_by_another(said_of(movement), DECIDE, by=by):
                facts = {"movement": movement.pk, "amount_cents": movement.amount.cents}
                record(ASKED, ledger.account_at(ledger.PROVIDER), by=by, now=now, reason=reason, **facts)
                return
            lines = {ledger.PROVIDER: -movement.amount, ledger.BANK: movement.amount}
            movement.entry = ledger.post(f"moved:{movement.pk}", Verb.MOVED, lines, by=by, now=now)
            movement.save(update_fields=["entry"])
            record("movement.owned", movement.entry, by=by, now=now, reason=reason, amount_cents=movement.amount.cents)


def may_book(movement: ProviderMovement, by: User, now: datetime) -> bool:
    """Whether this person could say now that it is the owner's."""
    return movement.entry_id is None and bool(movement.amount) and _is_old(movement, now) and may(by, DECIDE)


def said_of(movement: ProviderMovement) -> QuerySet[Event]:
    """Who has said of it that it is the owner's, oldest first."""
    return timeline(ledger.account_at(ledger.PROVIDER)).filter(kind=ASKED, facts__movement=movement.pk)


def _refuse_unless_nobodys(movement_id: str, now: datetime) -> None:
    """What explains itself is booked by itself; whatever leads to money of a user is not the owner's."""
    movement = ProviderMovement.objects.get(pk=movement_id)
    _check(movement, now)
    reconciling.match(movement, now)
    movement.refresh_from_db()
    _check(movement, now)
    whose = _whose(movement)
    if whose is not None:
        raise OutOfTurn(
            _("It belongs to %(what)s, so it is not the operator's own: decide about that instead.") % {"what": whose}
        )


def _check(movement: ProviderMovement, now: datetime) -> None:
    if movement.entry_id is not None or not movement.amount:
        raise OutOfTurn(_("This movement is booked already."))
    if not _is_old(movement, now):
        raise OutOfTurn(
            _("It is new: within an hour it may still find the payment or the withdrawal that it belongs to.")
        )


def _whose(movement: ProviderMovement) -> TopUp | Withdrawal | Chargeback | None:
    """What of ours it leads to by what is stored here or at the provider, however that stands; empty for nothing."""
    origin = origins.of(movement.pk)
    ids = origin.ids | ({movement.source} - {""})
    paid = Q(pk__in=origin.top_ups) | Q(charge_id__in=ids) | Q(payment_intent__in=ids)
    names = ("transfer_id", "payout_id", "refund_id", "reversal_id")
    sent = Q(*[(f"{name}__in", ids) for name in names], _connector=Q.OR) | Q(pk__in=origin.withdrawals)
    return (
        Withdrawal.objects.filter(sent).order_by("pk").first()
        or TopUp.objects.filter(paid).order_by("pk").first()
        or Chargeback.objects.filter(dispute_id__in=ids).first()
    )


def _is_old(movement: ProviderMovement, now: datetime) -> bool:
    return movement.at <= now - RECONCILED_WITHIN
