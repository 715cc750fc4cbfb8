"""Where staff look at the withdrawals of a payment date and approve them, two of them each (WDR-03)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from core import clock
from core.refusals import Refusal
from finance.forms_withdrawals import ApproveForm
from finance.models import Batch, Withdrawal
from finance.queries import batches as seen
from finance.rules import APPROVALS_NEEDED, WITHDRAWALS_A_PAGE, payment_date
from finance.steps import batches

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def at_the_payout_desk(view: V) -> V:
    """For who may approve withdrawals; for everybody else, staff included, there is nothing here."""

    @login_required
    @wraps(view)
    def guarded(request: UserRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not seen.approves(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return cast(V, guarded)


@at_the_payout_desk
@require_safe
def payouts(request: UserRequest) -> HttpResponse:
    """What waits for the next payment date, and the batches, the latest first."""
    page = Paginator(seen.with_sums(Batch.objects.order_by("-date", "-part")), WITHDRAWALS_A_PAGE)
    context = {
        "page": page.get_page(request.GET.get("page")),
        "waiting": seen.waiting(),
        "next_date": payment_date(clock.now()),
        "stuck": seen.stuck(),
        "now": clock.now(),
    }
    return render(request, "finance/desk/payouts.html", context)


@at_the_payout_desk
@require_safe
def batch(request: UserRequest, pk: int) -> HttpResponse:
    """A batch with every withdrawal in it, what is known of who asks, and the approvals."""
    found = get_object_or_404(Batch, pk=pk)
    shown = seen.contents(found)
    standing, former = seen.approvals(found, shown.digest)
    context = {
        "breadcrumbs": [(_("Payouts"), reverse("payouts")), (str(found), "")],
        "batch": found,
        "shown": shown,
        "approvals": standing,
        "former": former,
        "needed": APPROVALS_NEEDED,
        "has_approved": request.user.pk in [each.by_id for each in standing],
        "may_approve": batches.may_approve(found, request.user),
        "now": clock.now(),
    }
    return render(request, "finance/desk/batch.html", context)


@at_the_payout_desk
@require_POST
def approve(request: UserRequest, pk: int) -> HttpResponse:
    """Approve what the page has shown."""
    found = get_object_or_404(Batch, pk=pk)
    form = ApproveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Look at the batch again, then approve."))
        return redirect(found)
    try:
        done = batches.approve(pk, digest=form.cleaned_data["digest"], by=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        sent = done.approved_at is not None
        messages.success(request, _("Approved: it is being sent.") if sent else _("Approved: one more is needed."))
    return redirect(found)


@at_the_payout_desk
@require_POST
def reject(request: UserRequest, pk: int) -> HttpResponse:
    """Refuse one withdrawal; its user reads the reason."""
    withdrawal = get_object_or_404(Withdrawal.objects.select_related("batch"), pk=pk)
    try:
        batches.reject(pk, request.POST.get("reason", ""), by=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, _("Not rejected. %(why)s") % {"why": refusal})
    else:
        messages.success(request, _("Rejected: the money is back on its owner's balance."))
    return redirect(withdrawal.batch) if withdrawal.batch else redirect("payouts")
