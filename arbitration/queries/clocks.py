"""The clock of a dispute in words for one viewer: who must act until when, and what happens if nobody does (DIS-01)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.models import (
    CancelRequest,
    Case,
    Mediation,
    MediationStatus,
    Rejection,
    RejectionStatus,
    RequestStatus,
    Settlement,
    SettlementStatus,
    WaitsFor,
)
from core import formats
from orders.models import Dispute, Order
from orders.moves import Actor
from orders.queries.clocks import SOON, Clock, Wording
from orders.steps.moving import actor_of


def of(order: Order, viewer: User, now: datetime) -> Clock | None:
    """The clock of whatever the two sides disagree on; none in peace."""
    wording = WORDINGS.get(Dispute(order.dispute))
    clocks = wording(order, viewer, now) if wording else []
    return clocks[0] if clocks else None


def request(order: Order, viewer: User, now: datetime) -> list[Clock]:
    """A request to cancel waits for the other side's answer; silence confirms it (CAN-15)."""
    asked = CancelRequest.objects.filter(order=order, status=RequestStatus.WAITING).first()
    if asked is None:
        return []
    answers = Actor.SELLER if asked.by_id == order.buyer_id else Actor.BUYER
    if actor_of(order, viewer) is answers:
        label = _("You confirm or decline the cancellation")
    else:
        label = _("%(name)s confirms or declines the cancellation") % {"name": _name(order, answers)}
    what = _("It is confirmed by itself.")
    words = f"{what} {_refund(order, viewer)} {_rating(order, viewer, lowers=asked.lowers_seller)}"
    return [_running(label, order, words, answers, viewer, now)]


def rejection(order: Order, viewer: User, now: datetime) -> list[Clock]:
    """A rejection takes effect by itself unless it is approved or mediated (REV-03); a mediation has its own times (REV-05)."""
    found = Rejection.objects.filter(order=order, status=RejectionStatus.OPEN).select_related(
        "mediation__mediator__user"
    )
    open_one = found.annotate(buyer_agreed=_agreed("buyer"), seller_agreed=_agreed("seller")).first()
    if open_one is None:
        return []
    mediation: Mediation | None = getattr(open_one, "mediation", None)
    if mediation is None or not mediation.is_running:
        return [_rejected(order, viewer, now, hires=mediation is None)]
    if mediation.status == MediationStatus.HIRED:
        return [_mediated(order, open_one, mediation, viewer, now)]
    return [_answered(order, open_one, viewer, now)]


def arbitration(order: Order, viewer: User, now: datetime) -> list[Clock]:
    """A case has no deadline: it waits for somebody's word, and everything stands still meanwhile (ARB-02)."""
    case = Case.objects.filter(order=order).first()
    if case is None:
        return []
    if case.waits_for == WaitsFor.SUPPORT:
        actor, mine = Actor.STAFF, False
        label = _("Support looks into the case")
    else:
        actor = Actor(case.waits_for)
        mine = actor_of(order, viewer) is actor
        name = {"name": _name(order, actor)}
        label = _("Your view is asked for") if mine else _("%(name)s is asked for a view") % name
    stands = _(
        "There is no deadline: every timer and the money stand still until support decides or both sides settle."
    )
    return [Clock(label, actor=actor, mine=mine, stands=stands)]


def _rejected(order: Order, viewer: User, now: datetime, *, hires: bool) -> Clock:
    mine = actor_of(order, viewer) is Actor.SELLER
    names = {"name": order.seller.shown_name}
    if hires:
        label = _("You approve the rejection or hire a mediator")
        label = label if mine else _("%(name)s approves the rejection or hires a mediator") % names
    else:
        label = _("You approve the rejection or go to arbitration")
        label = label if mine else _("%(name)s approves the rejection or goes to arbitration") % names
    what = _("The rejection takes effect by itself.")
    words = f"{what} {_refund(order, viewer)} {_rating(order, viewer, lowers=True)}"
    return _running(label, order, words, Actor.SELLER, viewer, now)


def _mediated(order: Order, found: Rejection, mediation: Mediation, viewer: User, now: datetime) -> Clock:
    mine = mediation.mediator.user_id == viewer.pk
    names = {"name": mediation.mediator.user.shown_name}
    label = _("You propose a settlement") if mine else _("%(name)s proposes a settlement") % names
    fee = _("The mediation ends and its fee of %(fee)s goes back.") % {"fee": formats.money(mediation.fee)}
    clock = _running(label, order, f"{fee} {_goes_on(found)}", Actor.MEDIATOR, viewer, now)
    return Clock(label, clock.at, clock.consequence, Actor.MEDIATOR, mine, clock.past, clock.tone)


def _answered(order: Order, found: Rejection, viewer: User, now: datetime) -> Clock:
    waits = [
        actor
        for actor, agreed in ((Actor.BUYER, found.buyer_agreed), (Actor.SELLER, found.seller_agreed))  # type: ignore[attr-defined]
        if not agreed
    ]
    me = actor_of(order, viewer)
    if me in waits:
        label = _("You answer the mediator's proposal")
    else:
        names = {"name": " & ".join(_name(order, actor) for actor in waits)}
        label = _("The mediator's proposal waits for %(name)s") % names
    who = me if me in waits else waits[0]
    assert who is not None
    what = _("The mediation ends without agreement.")
    return _running(label, order, f"{what} {_goes_on(found)}", who, viewer, now)


def _goes_on(found: Rejection) -> str:
    if found.left is None:
        return _("The time of the rejection goes on.")
    left = formats.left(found.at + found.left, found.at)
    return _("The rejection then goes on with what was left of its time: %(left)s.") % {"left": left}


def _running(label: str, order: Order, words: str, who: Actor, viewer: User, now: datetime) -> Clock:
    at, mine = order.dispute_due_at, actor_of(order, viewer) is who
    if at is None:
        return Clock(label, stands=_("It does not run at the moment."), actor=who, mine=mine)
    return Clock(label, at, words, who, mine, at <= now, "caution" if mine and at - now <= SOON else "")


def _agreed(side: str) -> Exists:
    """Whether a side has agreed to the mediator's proposal that stands."""
    column = {f"{side}_agreed_at__isnull": False}
    stands = Settlement.objects.filter(
        order=OuterRef("order"), role=Actor.MEDIATOR, status=SettlementStatus.OPEN, **column
    )
    return Exists(stands)


def _refund(order: Order, viewer: User) -> str:
    facts = {"total": formats.money(order.total), "buyer": order.buyer.shown_name}
    if viewer.pk == order.buyer_id:
        return _("%(total)s returns to your balance.") % facts
    return _("%(total)s goes back to %(buyer)s.") % facts


def _rating(order: Order, viewer: User, *, lowers: bool) -> str:
    if viewer.pk == order.seller_id:
        return _("This counts against your rating.") if lowers else _("Your rating stays as it is.")
    names = {"seller": order.seller.shown_name}
    if lowers:
        return _("This counts against the rating of %(seller)s.") % names
    return _("The rating of %(seller)s stays as it is.") % names


def _name(order: Order, actor: Actor) -> str:
    side = order.buyer if actor is Actor.BUYER else order.seller
    return side.shown_name


WORDINGS: dict[Dispute, Wording] = {
    Dispute.REQUEST: request,
    Dispute.REJECTION: rejection,
    Dispute.ARBITRATION: arbitration,
}
