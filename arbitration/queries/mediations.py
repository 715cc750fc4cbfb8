"""What a mediator sees: the own mediations, and the whole case of one while it runs (REV-05)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.models import Mediation, MediationStatus, Settlement
from arbitration.queries.standing import Proposal, proposal
from core import formats
from orders.models import Attachment, MessageKind, Order
from orders.moves import Actor
from orders.queries import story
from orders.queries.story import Said


@dataclass(frozen=True)
class MediatedOrder:
    """What was ordered, written and handed over, with files that the mediator may fetch while the mediation runs."""

    thread: list[Said]
    briefs: list[Said]


def mediations_of(user: User) -> QuerySet[Mediation]:
    """The mediations that the user was hired for, the newest first."""
    found = Mediation.objects.filter(mediator__user=user)
    return found.select_related(
        "mediator__user", "payer", "rejection__order__buyer", "rejection__order__seller"
    ).order_by("-pk")


def content(mediation: Mediation, viewer: User) -> MediatedOrder | None:
    """The order's content for its mediator; closed again once the mediation is over."""
    if not mediation.is_running:
        return None
    order = mediation.rejection.order
    thread = [replace(said, files=_files(mediation, order, said)) for said in story.thread(order, viewer)]
    return MediatedOrder(thread, [said for said in thread if said.message.kind == MessageKind.BRIEF])


def attachments_of(mediation: Mediation) -> QuerySet[Attachment]:
    """The order's files, for as long as the mediation runs."""
    found = Attachment.objects.filter(message__order=mediation.rejection.order_id).select_related("upload")
    return found if mediation.is_running else found.none()


def proposed(mediation: Mediation, viewer: User, now: datetime) -> Proposal | None:
    """What the mediator proposed, whatever became of it."""
    order = mediation.rejection.order
    made = Settlement.objects.filter(
        order=order, role=Actor.MEDIATOR, by=mediation.mediator.user_id, at__gte=mediation.at
    )
    last = made.select_related("by").last()
    return proposal(order, last, viewer, now) if last else None


def fee_words(mediation: Mediation, *, proposed: bool) -> str:
    """What the mediator's fee is, and when it is or was paid."""
    fee = {"fee": formats.money(mediation.fee)}
    if mediation.status == MediationStatus.HIRED:
        return _("Your fee of %(fee)s is set aside. It is paid to your main balance as soon as you propose.") % fee
    if proposed:
        return _("Your fee of %(fee)s was paid to your main balance when you proposed.") % fee
    return _("You proposed nothing, so the fee of %(fee)s went back.") % fee


def _files(mediation: Mediation, order: Order, said: Said) -> list[story.File]:
    return [
        replace(story.file_of(order, each), url=reverse("mediation-file", args=[mediation.pk, each.upload_id]))
        for each in said.message.attachments.all()
    ]
