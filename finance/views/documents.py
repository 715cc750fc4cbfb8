"""Receipts and invoices for those whom they name (FIN-05)."""

from __future__ import annotations

from datetime import UTC

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import UserRequest
from finance.documents import paper, since
from finance.models import Document, DocumentKind
from finance.rules import DOCUMENTS_A_PAGE

NUMBER_MOST = 2**31 - 1


@login_required
@require_safe
def all_documents(request: UserRequest) -> HttpResponse:
    """Every receipt and invoice of the user's, newest first, with what became of payments since."""
    page = Paginator(_seen_by(request.user).order_by("-id"), DOCUMENTS_A_PAGE).get_page(request.GET.get("page"))
    became = since.of_receipts(page)
    context = {
        "breadcrumbs": [(_("Balance"), reverse("balance")), (_("Receipts and invoices"), "")],
        "page": page,
        "rows": [(document, paper.number_of(document), became.get(document.pk)) for document in page],
    }
    return render(request, "finance/documents.html", context)


@login_required
@require_safe
def as_pdf(request: UserRequest, kind: str, number: int) -> HttpResponse:
    """A document as a PDF; the same file for everybody, so its moments are in UTC."""
    wanted = _seen_by(request.user).filter(kind=kind) if number <= NUMBER_MOST else Document.objects.none()
    found = get_object_or_404(wanted, number=number)
    with timezone.override(UTC):
        response = HttpResponse(
            paper.pdf(found, since.of_receipts([found]).get(found.pk)), content_type="application/pdf"
        )
    response["Content-Disposition"] = (
        f'inline; filename="{DocumentKind(found.kind).value}-{paper.number_of(found)}.pdf"'
    )
    return response


def _seen_by(user: User) -> QuerySet[Document]:
    return Document.objects.filter(Q(user=user) | Q(other=user))
