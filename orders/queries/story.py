"""An order's story: how far it has come, and everything that was written in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import Attachment, Message, MessageKind, Order, Status

# Pictures that browsers show and that cannot hold a script.
INLINE = frozenset({"image/jpeg", "image/png", "image/gif"})


@dataclass(frozen=True)
class Step:
    """One mark of the stepper."""

    label: str
    state: str
    at: datetime | None = None


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
    """Ordered, in work, delivered, completed; or where a cancellation or a split ended it."""
    way = [
        (_("Ordered"), order.placed_at, Status.PLACED),
        (_("In work"), order.started_at, Status.IN_WORK),
        (_("Delivered"), order.delivered_at, Status.DELIVERED),
        (_("Completed"), order.ended_at, Status.COMPLETED),
    ]
    if order.status in (Status.CANCELED, Status.SPLIT):
        done = [Step(label, "done", at) for label, at, _status in way[:3] if at]
        split = order.status == Status.SPLIT
        last = Step(_("Split"), "done", order.ended_at) if split else Step(_("Canceled"), "failed", order.ended_at)
        return [*done, last]
    reached = [status for _label, _at, status in way].index(Status(order.status))
    result = []
    for place, (label, at, status) in enumerate(way):
        if place < reached or status == Status.COMPLETED == order.status:
            result.append(Step(label, "done", at))
        else:
            result.append(Step(label, "current" if place == reached else "todo", at if place == reached else None))
    return result


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
