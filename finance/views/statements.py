"""Statements to be kept: a table, a document, and one that carries its own proof (FIN-05, FIN-06)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import UserRequest
from core import clock
from core.refusals import Refusal
from finance.forms_movements import MovementFilter, PeriodForm
from finance.queries.history import oldest_first
from finance.rules import STATEMENT_LIMIT
from finance.statements import proven, sheet, table

Made = Callable[[User, PeriodForm, datetime], HttpResponse]


@login_required
@require_safe
def as_table(request: UserRequest) -> HttpResponseBase:
    """The filtered movements for a spreadsheet, however many there are."""
    narrowed = MovementFilter(request.GET)
    if not narrowed.is_valid():
        return _misunderstood(request)
    try:
        STATEMENT_LIMIT.count(by=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("balance")
    content = table.table(oldest_first(request.user, narrowed.wanted), timezone.get_current_timezone())
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = _attachment(request.user, narrowed, "csv")
    return response


@login_required
@require_safe
def as_document(request: UserRequest) -> HttpResponse:
    """The statement of a period as a PDF."""

    def made(user: User, form: PeriodForm, now: datetime) -> HttpResponse:
        content = sheet.sheet(user, form.period, _days(form), now=now)
        return HttpResponse(content, content_type="application/pdf")

    return _statement(request, "pdf", made)


@login_required
@require_safe
def with_proof(request: UserRequest) -> HttpResponse:
    """The statement of a period with the proof of each line, for `manage.py verify_statement` and verifier.py."""

    def made(user: User, form: PeriodForm, now: datetime) -> HttpResponse:
        return JsonResponse(proven.statement(user, form.period, _days(form), now=now), json_dumps_params={"indent": 1})

    return _statement(request, "json", made)


def _statement(request: UserRequest, kind: str, made: Made) -> HttpResponse:
    form, now = PeriodForm(request.GET), clock.now()
    if not form.is_valid():
        return _misunderstood(request)
    try:
        STATEMENT_LIMIT.count(by=request.user, now=now)
        response = made(request.user, form, now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("balance")
    response["Content-Disposition"] = _attachment(request.user, form, kind)
    return response


def _misunderstood(request: UserRequest) -> HttpResponse:
    messages.error(request, _("The period or another part of the filter was not understood."))
    return redirect("balance")


def _days(form: PeriodForm) -> tuple[date | None, date | None]:
    return form.first_day, form.last_day


def _attachment(user: User, form: PeriodForm, kind: str) -> str:
    """A file name in plain letters; logins have no others."""
    days = [day.isoformat() for day in _days(form) if day]
    return f'attachment; filename="{"-".join(["statement", user.login, *days])}.{kind}"'
