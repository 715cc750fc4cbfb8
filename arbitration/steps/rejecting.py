"""Rejecting a job and what the freelancer can do about it (REV-02 to REV-05)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.foresight import shares
from arbitration.models import (
    Mediation,
    MediationStatus,
    Mediator,
    Rejection,
    RejectionStatus,
    Settlement,
    SettlementStatus,
)
from arbitration.steps import fees
from arbitration.steps.canceling import checked
from arbitration.steps.overtaking import overtake
from core.money import Money
from core.refusals import Invalid, NotAllowed, OutOfTurn
from orders.models import Fault, Order, Policy
from orders.moves import Actor
from orders.rules import Terms
from orders.steps.ending import Ending, canceling, end
from orders.steps.moving import moving


def reject(order_id: int, *, text: str, by: User, now: datetime) -> Rejection:
    """The client rejects the job with a reason; the freelancer has 20 days (REV-02, REV-03).

    Refused: an order that is left by the cancellation table, no reason.
    """
    text = checked(text)
    if not text:
        raise Invalid(_("Say why you reject the job: the other side needs your reason."))
    with moving(order_id, "reject", by=by, now=now) as step:
        order = step.order
        if order.policy != Policy.REJECTION:
            raise OutOfTurn(_("This order is canceled for a reason of the table, not rejected."))
        made = Rejection.objects.create(order=order, by=by, text=text, at=now)
        order.dispute_due_at = now + Terms(**order.terms).reject_within
        step.facts |= {"text": text, "due_at": order.dispute_due_at.isoformat()}
    return made


def withdraw(order_id: int, *, by: User, now: datetime) -> None:
    """The client takes the rejection back; the timers go on with what was left."""
    with moving(order_id, "withdraw_rejection", by=by, now=now):
        _close(order_id, RejectionStatus.WITHDRAWN, now)


def approve(order_id: int, *, by: User, now: datetime) -> None:
    """The freelancer approves the rejection: canceled and refunded in full (REV-02)."""
    with canceling(order_id, "approve_rejection", by=by, now=now) as step:
        _close(order_id, RejectionStatus.APPROVED, now)
        end(step, Ending("REV-02", Fault.SELLER, lowers_seller=True, feedback=True), by=by, now=now)


def take_effect(order_id: int, now: datetime) -> None:
    """Nobody approved anything and no mediator was hired in 20 days: refunded, counted as failed (REV-03)."""
    with canceling(order_id, "reject_by_time", by=None, now=now) as step:
        _close(order_id, RejectionStatus.EFFECTIVE, now)
        end(step, Ending("REV-03", Fault.SELLER, lowers_seller=True, feedback=True), by=None, now=now)


def hire(order_id: int, mediator: Mediator, *, by: User, now: datetime) -> Mediation:
    """The freelancer hires an admitted mediator; the fee is set aside and the 20 days stand still (REV-03, REV-05).

    Refused: a mediator who takes part in the order or no longer mediates, a second one, a main balance below the fee.
    """
    with moving(order_id, "hire_mediator", by=by, now=now) as step:
        order = step.order
        rejection = _open(order_id)
        if Mediation.objects.filter(rejection=rejection).exists():
            raise OutOfTurn(_("A mediator was hired for this rejection already."))
        if not mediator.active or not mediator.user.is_active or mediator.user_id in (order.buyer_id, order.seller_id):
            raise NotAllowed(_("Choose an independent mediator from the list."))
        mediation = Mediation.objects.create(rejection=rejection, mediator=mediator, payer=by, fee=mediator.fee, at=now)
        fees.set_aside(mediation, by=by, now=now)
        assert order.dispute_due_at is not None
        rejection.left = order.dispute_due_at - now
        rejection.save(update_fields=["left"])
        order.dispute_due_at = now + Terms(**order.terms).mediate_within
        step.facts |= {
            "mediator": mediator.user.shown_name,
            "mediation": mediation.pk,
            "amount_cents": mediation.fee.cents,
            "due_at": order.dispute_due_at.isoformat(),
        }
    return mediation


def propose(mediation_id: int, refunded: Money, *, text: str, by: User, now: datetime) -> Settlement:
    """The mediator proposes how to share the money: `refunded` cents to the buyer. It earns the fee (REV-05).

    Refused: anyone but the hired mediator, a second proposal, parts that do not add up, no explanation.
    """
    text = checked(text)
    if not text:
        raise Invalid(_("Explain your proposal to both sides."))
    mediation = Mediation.objects.select_related("mediator__user", "rejection").get(pk=mediation_id)
    if mediation.mediator.user_id != by.pk:
        raise NotAllowed(_("Only the mediator who was hired can propose a settlement."))
    with moving(mediation.rejection.order_id, "propose_settlement", by=by, now=now, actor=Actor.MEDIATOR) as step:
        order = step.order
        mediation.refresh_from_db(fields=["status"])
        if mediation.status != MediationStatus.HIRED:
            raise OutOfTurn(_("This mediation does not wait for a proposal."))
        made = _proposal(order, refunded, text, by=by, now=now)
        fees.pay(mediation, by=by, now=now)
        mediation.status = MediationStatus.PROPOSED
        mediation.save(update_fields=["status"])
        order.dispute_due_at = now + Terms(**order.terms).mediate_within
        step.facts |= {"refunded_cents": refunded.cents, "text": text, "due_at": order.dispute_due_at.isoformat()}
    return made


def end_mediation(order_id: int, *, by: User | None, now: datetime) -> None:
    """A mediation ends without agreement: a side declined, or its time is over. The 20 days go on with what was left (REV-05).

    A mediator who has not proposed gets no fee.
    """
    with moving(order_id, "end_mediation", by=by, now=now) as step:
        order = step.order
        rejection = _open(order_id)
        mediation = Mediation.objects.filter(rejection=rejection).first()
        if mediation is None or not mediation.is_running:
            raise OutOfTurn(_("There is no mediation to end."))
        if by is None and (order.dispute_due_at is None or order.dispute_due_at > now):
            raise OutOfTurn(_("It is not time for this yet."))
        if by is not None and mediation.status != MediationStatus.PROPOSED:
            raise OutOfTurn(_("Wait for the mediator's proposal."))
        fees.give_back(mediation, now=now)
        mediation.status, mediation.ended_at = MediationStatus.FAILED, now
        mediation.save(update_fields=["status", "ended_at"])
        Settlement.objects.filter(order=order, role=Actor.MEDIATOR, status=SettlementStatus.OPEN).update(
            status=SettlementStatus.DECLINED, ended_at=now
        )
        assert rejection.left is not None
        order.dispute_due_at = now + rejection.left
        step.facts["due_at"] = order.dispute_due_at.isoformat()


def _proposal(order: Order, refunded: Money, text: str, *, by: User, now: datetime) -> Settlement:
    shares(order, refunded)  # refuses parts that do not add up
    return Settlement.objects.create(
        order=order, by=by, role=Actor.MEDIATOR, refunded=refunded, total=order.total, text=text, at=now
    )


def _open(order_id: int) -> Rejection:
    """The rejection of an order whose lock is held; the door has seen that there is one."""
    return Rejection.objects.get(order_id=order_id, status=RejectionStatus.OPEN)


def _close(order_id: int, status: RejectionStatus, now: datetime) -> None:
    rejection = _open(order_id)
    rejection.status, rejection.ended_at = status, now
    rejection.save(update_fields=["status", "ended_at"])
    overtake(order_id, now)
