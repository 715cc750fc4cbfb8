"""Settling a dispute between the sides: accept the work, give the money back, agree on a split (ARB-07, REV-05)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.foresight import settled_ending, shares
from arbitration.models import Case, CaseStatus, Mediation, MediationStatus, Rejection, RejectionStatus, Settlement
from arbitration.models import SettlementStatus as Status
from arbitration.steps.canceling import checked
from arbitration.steps.overtaking import overtake
from core.events import record
from core.money import ZERO, Money
from core.refusals import NotAllowed, OutOfTurn
from orders.models import Dispute, Order
from orders.moves import Actor
from orders.steps.ending import canceling, end
from orders.steps.moving import Moving, actor_of, moving


def offer(order_id: int, refunded: Money, *, text: str, by: User, now: datetime) -> Settlement:
    """A side proposes a split: `refunded` cents to the buyer, the rest to the seller (ARB-07). It replaces one's last.

    Refused: parts that do not add up, an order that is not in arbitration.
    """
    text = checked(text)
    with moving(order_id, "offer_settlement", by=by, now=now) as step:
        order = step.order
        shares(order, refunded)
        role = actor_of(order, by)
        assert role is not None
        Settlement.objects.filter(order=order, role=role, status=Status.OPEN).update(
            status=Status.WITHDRAWN, ended_at=now
        )
        agreed = {f"{role.value}_agreed_at": now}
        made = Settlement.objects.create(
            order=order, by=by, role=role, refunded=refunded, total=order.total, text=text, at=now, **agreed
        )
        step.facts |= {"settlement": made.pk, "refunded_cents": refunded.cents, "side": role.value, "text": text}
    return made


def agree(settlement_id: int, *, by: User, now: datetime) -> bool:
    """A side agrees to a proposal; once both have, it is carried out at once. Says whether it was (ARB-07, REV-05).

    Refused: one's own proposal again, one that was answered, withdrawn or made for another total.
    """
    order_id = Settlement.objects.values_list("order_id", flat=True).get(pk=settlement_id)
    with transaction.atomic():
        # Held before anybody's signature is looked at: of two at the same moment the second is the last one.
        order = Order.objects.select_for_update(of=("self",)).get(pk=order_id)
        if not _is_last(settlement_id, order, by):
            with moving(order_id, "agree_settlement", by=by, now=now) as step:
                _sign(step.order, settlement_id, by=by, now=now)
                step.facts["settlement"] = settlement_id
            return False
        with canceling(order_id, "settle", by=by, now=now) as step:
            settlement = _sign(step.order, settlement_id, by=by, now=now)
            settlement.status, settlement.ended_at = Status.AGREED, now
            settlement.save(update_fields=["status", "ended_at"])
            _carry_out(step, settlement.refunded, by=by, now=now)
    return True


def decline(settlement_id: int, *, by: User, now: datetime) -> None:
    """A side does not want the other side's proposal. A mediator's is declined by ending the mediation."""
    settlement = Settlement.objects.get(pk=settlement_id)
    if settlement.role == Actor.MEDIATOR:
        raise OutOfTurn(_("Decline a mediator's proposal by ending the mediation."))
    with moving(settlement.order_id, "decline_settlement", by=by, now=now) as step:
        settlement = _open(settlement_id)
        actor = actor_of(step.order, by)
        own = settlement.role == actor
        settlement.status, settlement.ended_at = (Status.WITHDRAWN if own else Status.DECLINED), now
        settlement.save(update_fields=["status", "ended_at"])
        step.facts |= {"settlement": settlement.pk, "own": own}


def concede(order_id: int, *, by: User, now: datetime) -> None:
    """In arbitration a side gives in: the buyer accepts the work, the seller gives all the money back (ARB-07).

    A seller who gives in counts as one who cancels for a reason of their own (CAN-13): arbitration is no way around it.
    """
    with canceling(order_id, "settle", by=by, now=now) as step:
        order = step.order
        if order.dispute != Dispute.ARBITRATION:
            raise OutOfTurn(_("This is possible only in arbitration."))
        buyer_gives_in = actor_of(order, by) is Actor.BUYER
        _carry_out(step, ZERO if buyer_gives_in else order.total, by=by, now=now)


def _carry_out(step: Moving, refunded: Money, *, by: User, now: datetime) -> None:
    order = step.order
    mediated = order.dispute == Dispute.REJECTION
    case = Case.objects.filter(order=order, status=CaseStatus.OPEN).first()
    if mediated:
        rejections = Rejection.objects.filter(order=order, status=RejectionStatus.OPEN)
        Mediation.objects.filter(rejection__in=rejections).update(status=MediationStatus.AGREED, ended_at=now)
        rejections.update(status=RejectionStatus.SETTLED, ended_at=now)
    ending = settled_ending(order, refunded, now)
    foreseen = shares(order, refunded)
    end(step, ending, refunded=refunded, by=by, now=now)
    overtake(order.pk, now, case=False)
    if case is not None:
        case.status, case.closed_at = CaseStatus.SETTLED, now
        case.refunded, case.paid = foreseen.refunded, foreseen.paid
        case.save(update_fields=["status", "closed_at", "refunded", "paid"])
        record("case.settled", case, by=by, now=now)


def _is_last(settlement_id: int, order: Order, by: User) -> bool:
    """Whether this signature is the last one that a proposal lacks; the order's lock is held."""
    settlement = Settlement.objects.get(pk=settlement_id)
    if actor_of(order, by) is Actor.BUYER:
        return settlement.seller_agreed_at is not None
    return settlement.buyer_agreed_at is not None


def _sign(order: Order, settlement_id: int, *, by: User, now: datetime) -> Settlement:
    settlement = _open(settlement_id)
    if settlement.total != order.total:
        raise OutOfTurn(_("The order's price has changed since this was proposed. Propose anew."))
    actor = actor_of(order, by)
    if actor not in (Actor.BUYER, Actor.SELLER):
        raise NotAllowed(_("You take no part in this order."))
    column = f"{actor.value}_agreed_at"
    if getattr(settlement, column) is not None:
        raise OutOfTurn(_("You have agreed already; the other side has not answered yet."))
    setattr(settlement, column, now)
    settlement.save(update_fields=[column])
    return settlement


def _open(settlement_id: int) -> Settlement:
    settlement = Settlement.objects.select_for_update().get(pk=settlement_id)
    if settlement.status != Status.OPEN:
        raise OutOfTurn(
            _("This proposal no longer stands: “%(status)s”.") % {"status": settlement.get_status_display()}
        )
    return settlement
