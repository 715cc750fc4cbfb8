"""The lists "My orders" and "Manage orders" (ORD-03): what awaits the viewer first, then what is due next."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from accounts.models import Role, User
from core.models import Event
from orders.models import OPEN_STATUSES, Dispute, Offer, OfferStatus, Order, Status

OPEN = Q(status__in=OPEN_STATUSES)
AT_WORK = ~Q(dispute=Dispute.ARBITRATION)  # in arbitration work stands still
# What was last said about ending an order otherwise than by its work.
DISPUTE_EVENTS = (
    "order.cancel_asked",
    "order.rejected",
    "order.mediator_hired",
    "order.mediator_proposed",
    "order.mediation_ended",
    "order.case_opened",
    "order.settlement_offered",
    "order.settlement_agreed",
    "order.settlement_declined",
)
ASKS_BOTH = ("order.mediator_proposed",)
ASKS_OTHER = ("order.cancel_asked", "order.settlement_offered", "order.settlement_agreed")
ASKS_SELLER = ("order.rejected", "order.mediation_ended")


class Tab(StrEnum):
    """One part of a list; an order can stand in several. Empty is all of them."""

    ALL = ""
    AWAITS = "awaits"
    PLACED = "placed"
    IN_WORK = "in_work"
    EXPIRED = "expired"
    DELIVERED = "delivered"
    DISPUTED = "disputed"
    COMPLETED = "completed"
    SPLIT = "split"
    CANCELED = "canceled"


def orders_as(user: User, role: Role, now: datetime) -> QuerySet[Order]:
    """The user's purchases or sales, each with `awaits` (the user must act) and `next_at` (when its next clock ends)."""
    return (
        _told(user, role)
        .annotate(next_at=_next_at(now))
        .order_by(F("awaits").desc(), F("next_at").asc(nulls_last=True), "-id")
    )


def counts(user: User, role: Role, now: datetime) -> dict[Tab, int]:
    """How many of the user's orders stand in each part; one query for those by status, one for those that await."""
    mine = Order.objects.filter(**{role.value: user}).order_by()
    asked = {tab.name: Count("pk", filter=part(tab, now)) for tab in Tab if tab is not Tab.AWAITS}
    found = mine.aggregate(**asked)
    awaiting = _told(user, role).filter(part(Tab.AWAITS, now)).order_by().count()
    return {tab: awaiting if tab is Tab.AWAITS else found[tab.name] for tab in Tab}


def part(tab: Tab, now: datetime) -> Q:
    """Which orders a part of the list holds. Work past its deadline is Expired and not in work (ORD-07)."""
    late = Q(deadline__lte=now, dispute__in=[Dispute.NONE, Dispute.REQUEST, Dispute.REJECTION])
    late |= Q(dispute=Dispute.ARBITRATION, deadline__lte=F("paused_at"))
    match tab:
        case Tab.ALL:
            return Q(pk__isnull=False)
        case Tab.AWAITS:
            return OPEN & Q(awaits=True)
        case Tab.DISPUTED:
            return OPEN & ~Q(dispute=Dispute.NONE)
        case Tab.EXPIRED:
            return Q(status=Status.IN_WORK) & late
        case Tab.IN_WORK:
            return Q(status=Status.IN_WORK) & (Q(deadline__isnull=True) | ~late)
    return Q(status=tab.value)


def found(orders: QuerySet[Order], words: str, role: Role) -> QuerySet[Order]:
    """Those whose number begins with the words, or whose title or other side's name holds them."""
    words = words.strip().replace("\0", "")
    if not words:
        return orders
    other = "seller" if role is Role.BUYER else "buyer"
    names = Q(**{f"{other}__name__icontains": words}) | Q(**{f"{other}__login__icontains": words})
    return orders.filter(Q(number__startswith=words) | Q(title__icontains=words) | names)


def todo(order: Order, role: Role) -> str:
    """What an order of `orders_as` asks its viewer to do, in words; nothing while it waits for somebody else."""
    if not order.is_open or not getattr(order, "awaits", False):
        return ""
    if getattr(order, "asks", False):
        return _answer_words(order)
    if order.status == Status.DELIVERED and role is Role.BUYER:
        return _("Accept or return the result")
    if role is Role.BUYER:
        if order.briefed_at is None and (order.instruction or order.reminded_at):
            return _("Send the information")
        return _("Answer the offer") if getattr(order, "offered", False) else _("Answer the message")
    if order.status == Status.PLACED:
        return _("Start working")
    return _("Deliver the result") if order.status == Status.IN_WORK else _("Answer the message")


def _answer_words(order: Order) -> str:
    match order.dispute:
        case Dispute.REQUEST:
            return _("Confirm or decline the cancellation")
        case Dispute.REJECTION:
            return _("Answer the rejection")
    return _("Answer the proposed split")


def _told(user: User, role: Role) -> QuerySet[Order]:
    """With what is needed to say whether and why each awaits the user: `asks` is an open question of a dispute."""
    orders = Order.objects.filter(**{role.value: user}).select_related("buyer", "seller")
    offers = Offer.objects.filter(order=OuterRef("pk"), status=OfferStatus.OPEN)
    offered = Case(When(OPEN & AT_WORK, then=Exists(offers)), default=Value(False), output_field=BooleanField())
    orders = orders.annotate(offered=offered if role is Role.BUYER else Value(False), asks=_asks(user, role))
    awaits = Q(asks=True) | _work(role) | Q(offered=True)
    return orders.annotate(
        awaits=Case(When(OPEN & awaits, then=Value(True)), default=Value(False), output_field=BooleanField())
    )


def _work(role: Role) -> Q:
    """What the course of the work asks of this side, and a message without an answer."""
    if role is Role.SELLER:
        return Q(dispute__in=["", "request", "rejection"]) & (
            Q(status__in=[Status.PLACED, Status.IN_WORK]) | Q(buyer_waits_since__isnull=False)
        )
    asked = Q(briefed_at__isnull=True) & (~Q(instruction="") | Q(reminded_at__isnull=False))
    return AT_WORK & (Q(status=Status.DELIVERED) | asked | Q(seller_waits_since__isnull=False))


def _asks(user: User, role: Role) -> Case:
    """Whether the last word of an order's dispute waits for this side's answer; read for disputed orders only."""
    said = Event.objects.filter(subject="order", subject_id=OuterRef("pk"), kind__in=DISPUTE_EVENTS).order_by("-id")
    asked = Q(kind__in=ASKS_BOTH) | (Q(kind__in=ASKS_OTHER) & ~Q(by=user))
    if role is Role.SELLER:
        asked |= Q(kind__in=ASKS_SELLER)
    answer = Case(When(asked, then=Value(True)), default=Value(False), output_field=BooleanField())
    return Case(
        When(OPEN & ~Q(dispute=Dispute.NONE), then=Subquery(said.annotate(answer=answer).values("answer")[:1])),
        default=Value(False),
        output_field=BooleanField(),
    )


def _next_at(now: datetime) -> Case:
    """The earliest clock that runs: of a dispute its own, and the lead time unless it is past or in arbitration."""
    ahead = Case(When(deadline__gt=now, then=F("deadline")))
    return Case(
        When(dispute=Dispute.ARBITRATION, then=F("dispute_due_at")),
        When(~Q(dispute=Dispute.NONE) & ~Q(status=Status.DELIVERED), then=Least(F("dispute_due_at"), ahead)),
        When(~Q(dispute=Dispute.NONE), then=F("dispute_due_at")),
        When(status=Status.PLACED, then=Least(F("start_due_at"), ahead)),
        When(status=Status.IN_WORK, then=Least(F("idle_due_at"), ahead)),
        When(status=Status.DELIVERED, then=F("review_due_at")),
    )
