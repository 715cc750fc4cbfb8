"""A case of arbitration as a side of the order sees it: what was said, what is asked, what is proposed (ARB-02, ARB-07)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import User
from arbitration.models import Case, CaseEntry, CaseStatus, EntryKind, Settlement, SettlementStatus
from arbitration.queries import preview
from arbitration.queries.files import file_in
from arbitration.queries.standing import Proposal, proposal
from core.money import ZERO
from orders.models import Dispute, Order
from orders.moves import Actor
from orders.queries.story import File
from orders.steps.moving import actor_of, may

SIDES = (Actor.BUYER, Actor.SELLER)


@dataclass(frozen=True)
class Heard:
    """Something said in the case, with its files."""

    entry: CaseEntry
    mine: bool
    is_question: bool
    files: list[File]


@dataclass(frozen=True)
class Hearing:
    """An open case for one viewer. Who is no side sees that there is one; its content is for the sides and arbiters.

    `gives_in` is what follows when the viewer accepts the work (buyer) or gives all the money back (seller).
    """

    case: Case
    is_side: bool
    my_turn: bool
    entries: list[Heard]
    proposals: list[Proposal]
    gives_in: list[str]
    may_offer: bool


def hearing(order: Order, viewer: User, now: datetime) -> Hearing | None:
    """The order's case while it is open."""
    if order.dispute != Dispute.ARBITRATION:
        return None
    case = Case.objects.select_related("opened_by", "arbiter").filter(order=order, status=CaseStatus.OPEN).first()
    if case is None:
        return None
    me = actor_of(order, viewer)
    if me not in SIDES:
        return Hearing(case, False, False, [], [], [], False)
    open_ones = Settlement.objects.filter(order=order, status=SettlementStatus.OPEN).select_related("by")
    buyer = me is Actor.BUYER
    return Hearing(
        case,
        is_side=True,
        my_turn=case.waits_for == me.value,
        entries=entries(order, case, viewer),
        proposals=[proposal(order, each, viewer, now) for each in open_ones],
        gives_in=preview.settled_lines(order, ZERO if buyer else order.total, viewer, now),
        may_offer=may(order, "offer_settlement", by=viewer, now=now),
    )


def entries(order: Order, case: Case, viewer: User) -> list[Heard]:
    """What both sides stated, and what support asked the viewer's side; never what is for staff only."""
    me = actor_of(order, viewer)
    theirs = Q(kind=EntryKind.STATEMENT) | Q(kind=EntryKind.QUESTION, to=me.value if me else "")
    said = CaseEntry.objects.filter(theirs, case=case).select_related("author").prefetch_related("files__upload")
    return [
        Heard(
            each,
            each.author_id == viewer.pk,
            each.kind == EntryKind.QUESTION,
            [file_in(order, one.upload) for one in each.files.all()],
        )
        for each in said
    ]
