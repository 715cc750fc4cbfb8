"""The evidence of a case for support staff: each file, and all of it as one document. Every reading is logged (ARB-08)."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from arbitration.queries import dossier, export
from arbitration.steps import cases
from arbitration.views.desk import at_the_desk, found_case
from core import clock
from orders.views.files import streamed


@at_the_desk
@require_safe
def case_file(request: UserRequest, pk: int, upload: UUID) -> FileResponse:
    """A file of the case or its order."""
    case = found_case(request, pk)
    found = get_object_or_404(dossier.upload_in(case, upload))
    answer = streamed(found)
    cases.note_reading(case.pk, f"{dossier.FILE}{found.name}", by=request.user, now=clock.now())
    answer["Cache-Control"] = "private, no-store"  # a file that the browser kept would be read without a trace
    return answer


@at_the_desk
@require_safe
def case_export(request: UserRequest, pk: int) -> HttpResponse:
    """The case as one PDF; with ?notes=1 also what only staff see."""
    case, now = found_case(request, pk), clock.now()
    notes = request.GET.get("notes") == "1"
    what = dossier.EXPORT_WITH_NOTES if notes else dossier.EXPORT
    cases.note_reading(case.pk, what, by=request.user, now=now)
    answer = HttpResponse(export.document(case, notes=notes, by=request.user, now=now), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="case-{case.order.number}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer
