"""Writing in an order (ORD-13): messages with files, each sent once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core.models import Upload
from core.refusals import Invalid, NotAllowed, OutOfTurn
from orders.models import Attachment, Message, MessageKind, Order
from orders.rules import FILES_MOST, MESSAGE_MOST, too_many_files
from orders.steps.moving import moving


def write(
    order_id: int, *, text: str, files: Sequence[Upload] = (), token: UUID | None = None, by: User, now: datetime
) -> Message:
    """Either side writes to the other while the order is open (ORD-13)."""
    with moving(order_id, "write", by=by, now=now) as step:
        message = add_message(step.order, MessageKind.TALK, text=text, files=files, token=token, by=by, now=now)
        step.facts["message"] = message.pk
    return message


def add_message(
    order: Order,
    kind: MessageKind,
    *,
    number: int | None = None,
    text: str,
    files: Sequence[Upload],
    token: UUID | None,
    by: User,
    now: datetime,
) -> Message:
    """Add a message to a locked order. Refused: empty, too long, too many files, another's file, the same form twice."""
    text = text.strip()
    _check(order, text, files, token, by)
    message = Message.objects.create(
        order=order, kind=kind, number=number, author=by, text=text, token=token or uuid4(), at=now
    )
    Attachment.objects.bulk_create([Attachment(message=message, upload=upload) for upload in files])
    return message


def next_number(order: Order, kind: MessageKind) -> int:
    """The next number of a locked order's deliveries or returns, from 1."""
    return Message.objects.filter(order=order, kind=kind).count() + 1


def _check(order: Order, text: str, files: Sequence[Upload], token: UUID | None, by: User) -> None:
    if not text and not files:
        raise Invalid(_("Write something or attach a file."))
    if len(text) > MESSAGE_MOST:
        raise Invalid(
            ngettext(
                "The text is longer than %(most)s character.",
                "The text is longer than %(most)s characters.",
                MESSAGE_MOST,
            )
            % {"most": MESSAGE_MOST}
        )
    if len(files) > FILES_MOST:
        raise Invalid(too_many_files())
    if any(upload.owner_id != by.pk for upload in files):
        raise NotAllowed(_("You can attach only files of your own."))
    if Attachment.objects.filter(upload__in=files).exists():
        raise OutOfTurn(_("This file has been sent already."))
    if token and Message.objects.filter(order=order, token=token).exists():
        raise OutOfTurn(_("This has been sent already."))
