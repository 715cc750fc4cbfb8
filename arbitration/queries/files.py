"""The files of cases, as their links are shown and as they may be fetched."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse

from arbitration.models import CaseFile
from core.models import Upload
from orders.models import Order
from orders.queries.story import File


def file_in(order: Order, upload: Upload) -> File:
    """A file of the order's case, with the address at which the two sides and arbiters fetch it."""
    return File(upload.name, upload.size, upload.content_type, reverse("case-file", args=[order.number, upload.pk]))


def files_of(order: Order) -> QuerySet[CaseFile]:
    """Everything that came with the statements of the order's case."""
    return CaseFile.objects.filter(entry__case__order=order).select_related("upload", "entry__case")
