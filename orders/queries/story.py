"""An order's story in words: how far it has come, everything that happened, everything that was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core import events, formats
from core.models import Event
from orders.models import Attachment, Message, MessageKind, Order, Status
from orders.rules import CAUSES

# Pictures that browsers show and that cannot hold a script.
INLINE = frozenset({"image/jpeg", "image/png", "image/gif"})


@dataclass(frozen=True)
class Step:
    """One mark of the stepper."""

    label: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """One line of the timeline; without an actor the site itself acted."""

    text: str
    at: datetime
    icon: str
    actor: str
    tone: str = ""


@dataclass(frozen=True)
class File:
    """An attached file as its link is shown."""

    name: str
    size: int
    content_type: str
    url: str

    @property
    def is_image(self) -> bool:
        return self.content_type in INLINE


@dataclass(frozen=True)
class Said:
    """One message of the thread as one viewer sees it."""

    message: Message
    mine: bool
    note: str
    files: list[File] = field(default_factory=list)


def steps(order: Order) -> list[Step]:
    """Ordered, in work, delivered, completed; or where a cancellation stopped it."""
    way = [
        (_("Ordered"), order.placed_at, Status.PLACED),
        (_("In work"), order.started_at, Status.IN_WORK),
        (_("Delivered"), order.delivered_at, Status.DELIVERED),
        (_("Completed"), order.ended_at, Status.COMPLETED),
    ]
    if order.status == Status.CANCELED:
        done = [Step(label, "done", at) for label, at, _status in way[:3] if at]
        return [*done, Step(_("Canceled"), "failed", order.ended_at)]
    reached = [status for _label, _at, status in way].index(Status(order.status))
    result = []
    for place, (label, at, status) in enumerate(way):
        if place < reached or status == Status.COMPLETED == order.status:
            result.append(Step(label, "done", at))
        else:
            result.append(Step(label, "current" if place == reached else "todo", at if place == reached else None))
    return result


def timeline(order: Order) -> list[Line]:
    """Every event of the order, oldest first, with its actor and time."""
    return [_line(order, event) for event in events.timeline(order)]


def thread(order: Order, viewer: User) -> list[Said]:
    """Everything written in the order, oldest first; deliveries and returns carry their numbers."""
    messages = Message.objects.filter(order=order).select_related("author").prefetch_related("attachments__upload")
    return [
        Said(
            message,
            message.author_id == viewer.pk,
            note(message),
            [file_of(order, a) for a in message.attachments.all()],
        )
        for message in messages
    ]


def note(message: Message) -> str:
    """What kind of message this is, in words; nothing for plain talk."""
    match message.kind:
        case MessageKind.BRIEF:
            return _("Information for the order")
        case MessageKind.DELIVERY:
            return _("Delivery %(number)s") % {"number": message.number}
        case MessageKind.RETURN:
            return _("Return for revision %(number)s") % {"number": message.number}
    return ""


def file_of(order: Order, attachment: Attachment) -> File:
    upload = attachment.upload
    url = reverse("order-file", args=[order.number, upload.pk])
    return File(upload.name, upload.size, upload.content_type, url)


def latest_event(order: Order) -> int:
    """The id of the order's newest event: as long as it stays, the page stays as it is."""
    return events.timeline(order).order_by("-id").values_list("id", flat=True).first() or 0


def _line(order: Order, event: Event) -> Line:
    icon, tone, words = _KINDS.get(event.kind, ("circle-dot", "", lambda _order, event: str(event.kind)))
    actor = event.by.shown_name if event.by else _("automatically")
    return Line(words(order, event), event.at, icon, actor, tone)


def _canceled(order: Order, event: Event) -> str:
    cause = CAUSES.get(str(event.facts.get("cause")))
    facts = {"cause": cause, "total": formats.money(order.total), "buyer": order.buyer.shown_name}
    if cause:
        return _("Canceled: %(cause)s. %(total)s went back to %(buyer)s.") % facts
    return _("Canceled. %(total)s went back to %(buyer)s.") % facts


def _completed(order: Order, _event: Event) -> str:
    facts = {"share": formats.money(order.seller_share), "seller": order.seller.shown_name}
    return _("Completed. %(seller)s was paid %(share)s.") % facts


_KINDS: dict[str, tuple[str, str, Callable[[Order, Event], str]]] = {
    "order.placed": (
        "shopping-bag",
        "",
        lambda order, _event: _("Ordered. %(total)s is held in escrow.") % {"total": formats.money(order.total)},
    ),
    "order.briefed": ("clipboard-list", "", lambda _order, _event: _("Information sent")),
    "order.message": ("message-square", "", lambda _order, _event: _("Message written")),
    "order.started": ("play", "", lambda _order, _event: _("Work started")),
    "order.expired": ("hourglass", "negative", lambda _order, _event: _("The deadline passed: the order is Expired")),
    "order.delivered": (
        "package-check",
        "positive",
        lambda _order, event: _("Delivery %(number)s") % {"number": event.facts.get("number")},
    ),
    "order.returned": (
        "undo-2",
        "caution",
        lambda _order, event: _("Return for revision %(number)s") % {"number": event.facts.get("number")},
    ),
    "order.completed": ("circle-check", "positive", _completed),
    "order.canceled": ("circle-x", "negative", _canceled),
}
