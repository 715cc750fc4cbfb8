"""What is going on in an order that its sides disagree on, for one viewer: who said what, and what may be pressed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.models import (
    CancelRequest,
    Case,
    CaseStatus,
    Mediation,
    Mediator,
    Rejection,
    RejectionStatus,
    RequestStatus,
    Settlement,
    SettlementStatus,
)
from arbitration.queries import preview
from core import formats
from core.money import ZERO, Money
from finance.spendable import Spendable
from orders.models import Dispute, Order, Outcome
from orders.moves import Actor
from orders.rules import CAUSES
from orders.steps.moving import actor_of, may

# The ends that are told here: the money was shared by a decision or a settlement.
SHARED = ("ARB-04", "ARB-07", "REV-05")


@dataclass(frozen=True)
class Asked:
    """A request to cancel: who asked for what, what follows from it, and what the viewer may answer (CAN-15)."""

    request: CancelRequest
    mine: bool
    title: object
    follows: list[str]
    until: datetime | None
    may_confirm: bool
    may_decline: bool
    may_withdraw: bool


@dataclass(frozen=True)
class Hiring:
    """A mediator whom the seller may hire, and by how much the main balance falls short of the fee."""

    mediator: Mediator
    missing: Money | None


@dataclass(frozen=True)
class Proposal:
    """A proposal to share the money: exactly what each side gets, and what the viewer may answer (ARB-07, REV-05)."""

    settlement: Settlement
    mine: bool
    follows: list[str]
    agreed: list[User]
    may_agree: bool
    may_decline: bool
    stale: bool


@dataclass(frozen=True)
class Rejected:
    """A rejected job: the reason, the mediation if there is one, and what the viewer may do (REV-02 to REV-05)."""

    rejection: Rejection
    until: datetime | None
    follows: list[str]
    mediation: Mediation | None
    proposal: Proposal | None
    last: Settlement | None
    mediators: list[Hiring] = field(default_factory=list)
    may_hire: bool = False
    may_approve: bool = False
    may_withdraw: bool = False


@dataclass(frozen=True)
class Ended:
    """How a disagreement ended: the rule in words, the sums, a decision's reason or what was agreed to."""

    title: object
    facts: list[tuple[str, str]]
    case: Case | None
    agreed: Settlement | None


def asked(order: Order, viewer: User, now: datetime) -> Asked | None:
    """The request to cancel that waits for its answer, if there is one."""
    if order.dispute != Dispute.REQUEST:
        return None
    request = CancelRequest.objects.select_related("by").filter(order=order, status=RequestStatus.WAITING).first()
    if request is None:
        return None
    mine = request.by_id == viewer.pk
    follows = preview.canceled_lines(order, viewer, lowers=request.lowers_seller, feedback=request.feedback)
    return Asked(
        request,
        mine,
        CAUSES[request.rule],
        follows,
        order.dispute_due_at,
        may_confirm=not mine and may(order, "confirm_cancel", by=viewer, now=now),
        may_decline=not mine and may(order, "decline_cancel", by=viewer, now=now),
        may_withdraw=mine and may(order, "withdraw_cancel", by=viewer, now=now),
    )


def declined(order: Order) -> CancelRequest | None:
    """The last request to cancel, if it was declined and nothing else is in dispute: what comes next is arbitration."""
    if order.dispute != Dispute.NONE or not order.is_open:
        return None
    last = CancelRequest.objects.select_related("by").filter(order=order).last()
    return last if last and last.status == RequestStatus.DECLINED else None


def rejected(order: Order, viewer: User, now: datetime) -> Rejected | None:
    """The rejection that stands, with its mediation."""
    if order.dispute != Dispute.REJECTION:
        return None
    found = Rejection.objects.filter(order=order, status=RejectionStatus.OPEN)
    rejection = found.select_related("by", "mediation__mediator__user", "mediation__payer").first()
    if rejection is None:
        return None
    mediation: Mediation | None = getattr(rejection, "mediation", None)
    may_hire = mediation is None and may(order, "hire_mediator", by=viewer, now=now)
    return Rejected(
        rejection,
        order.dispute_due_at,
        preview.canceled_lines(order, viewer, lowers=True, feedback=True),
        mediation,
        proposal=proposal_of_mediator(order, viewer, now) if mediation else None,
        last=_last_of_mediator(order, rejection) if mediation and not mediation.is_running else None,
        mediators=_for_hire(order, viewer) if may_hire else [],
        may_hire=may_hire,
        may_approve=may(order, "approve_rejection", by=viewer, now=now),
        may_withdraw=may(order, "withdraw_rejection", by=viewer, now=now),
    )


def proposal(order: Order, settlement: Settlement, viewer: User, now: datetime) -> Proposal:
    """A proposal as the viewer reads it; one made for another price cannot be agreed to any more."""
    me, stale = actor_of(order, viewer), settlement.total != order.total
    mine = settlement.by_id == viewer.pk
    signed = {Actor.BUYER: settlement.buyer_agreed_at, Actor.SELLER: settlement.seller_agreed_at}
    is_side = me in signed and settlement.status == SettlementStatus.OPEN
    mediated = settlement.role == Actor.MEDIATOR
    ends = "end_mediation" if mediated else "decline_settlement"
    return Proposal(
        settlement,
        mine,
        [] if stale else preview.settled_lines(order, settlement.refunded, viewer, now),
        agreed=[side for side, actor in ((order.buyer, Actor.BUYER), (order.seller, Actor.SELLER)) if signed[actor]],
        may_agree=is_side
        and me is not None
        and signed[me] is None
        and not stale
        and may(order, "agree_settlement", by=viewer, now=now),
        may_decline=is_side and may(order, ends, by=viewer, now=now),
        stale=stale,
    )


def proposal_of_mediator(order: Order, viewer: User, now: datetime) -> Proposal | None:
    """The mediator's proposal that both sides are asked about."""
    open_ones = Settlement.objects.filter(order=order, role=Actor.MEDIATOR, status=SettlementStatus.OPEN)
    found = open_ones.select_related("by").first()
    return proposal(order, found, viewer, now) if found else None


def _last_of_mediator(order: Order, rejection: Rejection) -> Settlement | None:
    return Settlement.objects.filter(order=order, role=Actor.MEDIATOR, at__gte=rejection.at).last()


def _for_hire(order: Order, viewer: User) -> list[Hiring]:
    """The admitted mediators who take no part in the order."""
    mediators = Mediator.objects.filter(active=True, user__is_active=True).select_related("user")
    have = replace(Spendable.of(viewer), bonus=ZERO)  # bonus money pays no fees (FIN-01)
    return [
        Hiring(each, have.split(each.fee, bonus_first=False).missing or None)
        for each in mediators.exclude(user__in=[order.buyer_id, order.seller_id]).order_by("fee", "pk")
    ]


def ended(order: Order) -> Ended | None:
    """How a disagreement ended the order, if one did: the sums, and a decision's reason to both (ARB-04)."""
    if order.is_open:
        return None
    outcome = Outcome.objects.filter(order=order).first()
    if outcome is None or outcome.cause not in SHARED:
        return None
    facts = [
        (_("Returned to the buyer"), formats.money(outcome.refunded)),
        (_("Paid to the seller"), formats.money(outcome.paid)),
        (_("Commission"), formats.money(order.total - outcome.refunded - outcome.paid)),
    ]
    case = Case.objects.filter(order=order, status=CaseStatus.DECIDED).first()
    agreed = Settlement.objects.filter(order=order, status=SettlementStatus.AGREED).select_related("by").last()
    return Ended(CAUSES[outcome.cause], facts, case, agreed)
