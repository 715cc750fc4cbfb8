"""Being paid out: where each dollar may go, asking, and how a withdrawal stands (WDR)."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.queries import frozen_until
from accounts.requests import UserRequest
from core import clock
from core.formats import percent
from core.limits import Limit
from core.refusals import OutOfTurn, Refusal
from finance import queries
from finance.forms_withdrawals import WithdrawForm
from finance.models import PayoutDetails, Withdrawal
from finance.provider import ProviderDown
from finance.queries import batches, claims, withdrawable
from finance.queries.withdrawal_story import story
from finance.rules import (
    APPROVALS_NEEDED,
    LIMITED_FOR,
    LIMITED_TO,
    OFFLINE_BOUND_FOR,
    REFUND_SHOWS_IN_DAYS,
    WITHDRAWAL_FEE_BASIS_POINTS,
    WITHDRAWAL_LEAST,
    WITHDRAWALS_A_PAGE,
    payment_date,
    payment_weekdays,
    payout_brands,
)
from finance.steps import payout_details, withdrawals

ASKING = Limit("withdraw", 30, timedelta(hours=1))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: UserRequest) -> HttpResponse:
    """Where each dollar may go, and the form; what arrives is shown before it is agreed to (WDR-01, WDR-02)."""
    now, user = clock.now(), request.user
    sources = withdrawable.sources(user, now)
    typed = request.POST if request.method == "POST" else request.GET
    limit = withdrawable.limit(user, now)
    usable = withdrawable.usable(user, sources, now)
    form = WithdrawForm(
        usable,
        typed if "amount" in typed else None,
        initial={"route": usable[0].route if usable else ""},
        most=limit.left if limit else None,
    )
    too_much = form.too_much
    shown = form.is_valid() and not too_much
    if request.method == "POST" and shown and form.shown_net is not None:
        asked = _asked(request, form)
        if asked is not None:
            return asked
    context = {
        "breadcrumbs": _way(_("Withdraw")),
        "balances": queries.balances(user),
        "sources": sources,
        "form": form,
        "preview": _preview(form) if shown else None,
        "too_much": too_much,
        "pressed": request.method == "POST",
        "newest": withdrawable.newest(user),
        "claims": claims.blocking(user),
        "blocks": _blocks(user, now, sources),
        "limit": limit,
        "limit_most": LIMITED_TO,
        "least": WITHDRAWAL_LEAST,
        "next_date": payment_date(now),
        "weekdays": payment_weekdays(),
        "checks_days": OFFLINE_BOUND_FOR.days if settings.OFFLINE_PAYMENT_DETAILS else 0,
        "details": PayoutDetails.objects.filter(user=user).first(),
        "latest": Withdrawal.objects.filter(user=user).order_by("-id")[:3],
    }
    return render(request, "finance/withdraw.html#preview" if request.htmx else "finance/withdraw.html", context)


@login_required
@require_safe
def all_withdrawals(request: UserRequest) -> HttpResponse:
    """Every withdrawal with how it stands."""
    page = Paginator(Withdrawal.objects.filter(user=request.user).order_by("-id"), WITHDRAWALS_A_PAGE)
    context = {
        "breadcrumbs": _way(_("Withdrawals")),
        "page": page.get_page(request.GET.get("page")),
        "weekdays": payment_weekdays(),
    }
    return render(request, "finance/withdrawals.html", context)


@login_required
@require_safe
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """How one withdrawal stands, what happens next and when, and what happened."""
    withdrawal = get_object_or_404(Withdrawal.objects.select_related("top_up", "batch"), user=request.user, pk=pk)
    title = _("Withdrawal %(number)s") % {"number": withdrawal.pk}
    context = {
        "breadcrumbs": _way(title),
        "withdrawal": withdrawal,
        "title": title,
        "approvals": batches.approvals_of(withdrawal),
        "needed": APPROVALS_NEEDED,
        "back_days": REFUND_SHOWS_IN_DAYS,
        "events": story(withdrawal),
    }
    return render(request, "finance/withdrawal.html", context)


@login_required
@require_POST
def cancel(request: UserRequest, pk: int) -> HttpResponse:
    """Take a request back until it is in a batch (WDR-04)."""
    if not Withdrawal.objects.filter(user=request.user, pk=pk).exists():
        raise Http404
    try:
        withdrawals.cancel(pk, by=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Canceled: the money is back on your balance."))
    return redirect("withdrawal", pk)


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: UserRequest) -> HttpResponse:
    """The card that earnings go to: what is known of it, what a change brings, and on to the provider's page (WDR-05, WDR-06)."""
    now = clock.now()
    if request.method == "POST":
        try:
            return redirect(payout_details.change(request.user, by=request.user, now=now))
        except Refusal as refusal:
            messages.error(request, str(refusal))
    context = {
        "breadcrumbs": [*_way(_("Withdraw"), reverse("withdraw")), (_("Payout card"), "")],
        "details": PayoutDetails.objects.filter(user=request.user).first(),
        "brands": payout_brands(),
        "frozen_until": frozen_until(request.user, now),
        "limit_days": LIMITED_FOR.days,
        "limit_most": LIMITED_TO,
    }
    return render(request, "finance/payout_details.html", context)


@login_required
@require_safe
def details_return(request: UserRequest) -> HttpResponse:
    """Back from the provider's page: ask at once what was named there."""
    known = get_object_or_404(PayoutDetails, user=request.user, account_id__isnull=False)
    try:
        found = payout_details.refresh(known.account_id or "", clock.now())
    except ProviderDown as refusal:
        messages.error(request, str(refusal))
        return redirect("withdraw")
    if found is not None and found.is_ready:
        messages.success(request, _("Your earnings go to %(card)s.") % {"card": found.card})
    elif found is not None:
        messages.info(request, found.missing)
    return redirect("withdraw")


def _asked(request: UserRequest, form: WithdrawForm) -> HttpResponse | None:
    """Ask for it; empty when the page has to be shown again."""
    now, net = clock.now(), form.shown_net
    assert net is not None
    try:
        ASKING.count(by=request.user, now=now)
        user, newest = request.user, form.cleaned_data["newest"]
        made = withdrawals.request(user, form.sum, form.source.route, net=net, newest=newest, by=user, now=now)
    except OutOfTurn as refusal:
        messages.info(request, str(refusal))
        return redirect("withdrawals")
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return None
    messages.success(request, _("Asked for. You can cancel it until the payment date."))
    return redirect(made[0]) if len(made) == 1 else redirect("withdrawals")


def _preview(form: WithdrawForm) -> dict[str, object]:
    net = form.source.net(form.sum)
    return {
        "amount": form.sum,
        "fee": form.sum - net,
        "percent": percent(WITHDRAWAL_FEE_BASIS_POINTS),
        "net": net,
        "net_text": str(net),
        "where": form.source.destination,
        "parts": len(form.source.parts(form.sum)),
    }


def _blocks(user: User, now: datetime, sources: list[withdrawable.Source]) -> list[withdrawable.Block]:
    # Nothing is said of earnings to who has none; of a bank's claim its own notice says more.
    found = withdrawable.blocks(user, withdrawable.EARNINGS if sources[0].now else "", now)
    return [block for block in found if block.mend != withdrawable.CLAIMS]


def _way(here: str, url: str = "") -> list[tuple[str, str]]:
    return [(_("Balance"), reverse("balance")), (here, url)]
