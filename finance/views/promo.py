"""Redeeming a promo code (FIN-04)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from core import clock
from core.formats import money
from core.refusals import Refusal
from finance.forms_promo import RedeemForm
from finance.rules import PROMO_GUESSES
from finance.steps import promo


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def redeem(request: UserRequest) -> HttpResponse:
    """Type a code; its bonus is on the balance at once, or the page says why not. Attempts are limited."""
    form = RedeemForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        now = clock.now()
        try:
            PROMO_GUESSES.count(by=request.user, now=now)
            use = promo.redeem(form.cleaned_data["code"], by=request.user, now=now)
        except Refusal as refusal:
            form.add_error("code", str(refusal))
        else:
            sentence = _("%(amount)s added to your bonus balance.") % {"amount": money(use.code.amount)}
            messages.success(request, sentence)
            return redirect("balance")
    context = {"breadcrumbs": [(_("Balance"), reverse("balance")), (_("Promo code"), "")], "promo_form": form}
    return render(request, "finance/promo.html", context)
