"""The public proof of the books: daily totals and roots, and nothing about anybody (FIN-07)."""

from __future__ import annotations

from pathlib import Path

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core import formats
from finance import verifier
from finance.models import SealedDay
from finance.queries import books
from finance.rules import PROOF_EVERY, SEALS_A_PAGE, SEALS_PROVEN
from finance.statements.proven import roots


@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """What users are owed and what is held, as of the newest sealed day; every day with its root; how to check it."""
    days = SealedDay.objects.order_by("-day").defer("seed", "numbers", "leaves")
    page = Paginator(days, SEALS_A_PAGE).get_page(request.GET.get("page"))
    newest = days.first()
    context = {
        "newest": newest,
        "equation": books.equation(newest.totals) if newest else None,
        "page": page,
        "days": [(day, books.owed(day.totals)) for day in page],
        "run": books.last_run(),
        "every": formats.elapsed(PROOF_EVERY),
        "seals": SEALS_PROVEN,
    }
    return render(request, "finance/proof.html", context)


@require_safe
@cache_control(public=True, max_age=int(PROOF_EVERY.total_seconds()))
def roots_file(request: HttpRequest) -> HttpResponse:
    """Every sealed day's hashes and totals, to be saved and compared with later."""
    return JsonResponse(roots(), json_dumps_params={"indent": 1})


@require_safe
@cache_control(public=True, max_age=int(PROOF_EVERY.total_seconds()))
def verifier_file(request: HttpRequest) -> HttpResponse:
    """The program that checks a statement, as it is here: one file, to be read and run alone."""
    response = HttpResponse(Path(verifier.__file__).read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verifier.py"'
    return response
