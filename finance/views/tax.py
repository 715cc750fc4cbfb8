"""The user's tax form: the two questions, the form that follows, what is signed (TAX-01). What was signed is never shown."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from core import clock
from core.refusals import Refusal
from finance.forms_tax import FORMS, QuestionsForm
from finance.models import TaxAnswer
from finance.steps import tax
from finance.steps.top_ups import is_local


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: UserRequest) -> HttpResponse:
    """Which form is signed, and the two questions that lead to it; `next` is the page to go on with afterward."""
    given = TaxAnswer.objects.filter(user=request.user).first()
    before = {"citizen": "yes" if given.citizen else "no", "residence": given.residence} if given else None
    form = QuestionsForm(request.POST if request.method == "POST" else None, initial=before)
    if form.is_valid():
        tax.answer(**form.cleaned_data, by=request.user, now=clock.now())
        if not tax.may_sell(request.user):
            return redirect(_with_next("tax", request))
        return redirect(_with_next("tax-form", request))
    context = {
        "form": form,
        "answered": given is not None,
        "may_sell": tax.may_sell(request.user),
        "signed": tax.form_in_force(request.user),
        "is_right": tax.has_form(request.user),
        "next": _next(request),
    }
    return render(request, "finance/tax.html", context)


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: UserRequest) -> HttpResponse:
    """The form that follows from the answers, to be filled in and signed."""
    now = clock.now()
    try:
        kind = tax.kind_for(request.user)
    except Refusal:
        return redirect("tax")  # which says why
    if kind is None:
        return redirect(_with_next("tax", request))
    typed = request.POST if request.method == "POST" else None
    filled = FORMS[kind](typed, today=timezone.localdate(now), initial={"name": request.user.name})
    if filled.is_valid():
        try:
            tax.sign(kind, filled.content(), by=request.user, now=now)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect(_with_next("tax", request))
        messages.success(request, _("Your %(form)s is signed.") % {"form": kind.label})
        return redirect(_next(request) or "tax")
    return render(request, "finance/tax_form.html", {"form": filled, "kind": kind, "next": _next(request)})


def _next(request: HttpRequest) -> str:
    path = request.POST.get("next") or request.GET.get("next", "")
    return path if is_local(path) else ""


def _with_next(name: str, request: HttpRequest) -> str:
    to = _next(request)
    return f"{reverse(name)}?{urlencode({'next': to})}" if to else reverse(name)
