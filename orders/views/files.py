"""An order's files, for its two sides and staff only (ORD-13)."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from core import clock
from core.models import Upload
from orders.models import Attachment
from orders.queries.story import INLINE
from orders.queries.whose import orders_seen_by
from orders.steps.reading import note_reading


@login_required
@require_safe
def order_file(request: UserRequest, number: str, upload: UUID) -> FileResponse:
    """Stream an attached file: pictures are shown, everything else is saved; staff are noted. Strangers find nothing."""
    order = get_object_or_404(orders_seen_by(request.user), number=number)
    attachment = get_object_or_404(
        Attachment.objects.select_related("upload"), upload_id=upload, message__order_id=order.pk
    )
    response = streamed(attachment.upload)
    if request.user.pk not in (order.buyer_id, order.seller_id):
        response["Cache-Control"] = "private, no-store"  # a second look is noted, too
    note_reading(order, f"file {attachment.upload.name}", by=request.user, now=clock.now())
    return response


def streamed(found: Upload) -> FileResponse:
    """A file of people who were let in: a picture is shown, everything else is saved; nothing in it can run."""
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content,
        as_attachment=found.content_type not in INLINE,
        filename=found.name,
        content_type=found.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=3600, immutable"
    return response
