"""The files of a case: for the order's two sides, and for arbiters, whose every reading is logged (ARB-08)."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from arbitration.queries.files import files_of
from arbitration.queries.whose import is_arbiter
from arbitration.steps import cases
from core import clock
from orders.queries.whose import orders_seen_by
from orders.views.files import streamed


@login_required
@require_safe
def case_file(request: UserRequest, number: str, upload: UUID) -> FileResponse:
    """Stream a file of the order's case. Strangers, and staff who decide no disputes, find nothing here."""
    viewer = request.user
    order = get_object_or_404(orders_seen_by(viewer), number=number)
    is_side = viewer.pk in (order.buyer_id, order.seller_id)
    if not is_side and not is_arbiter(viewer):
        raise Http404
    found = get_object_or_404(files_of(order), upload_id=upload)
    response = streamed(found.upload)
    if not is_side:
        cases.note_reading(found.entry.case_id, found.upload.name, by=viewer, now=clock.now())
        response["Cache-Control"] = "private, no-store"  # a second look is noted, too
    return response
