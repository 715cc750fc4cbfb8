"""Adding money: the form, the way back from the payment page, how a top-up stands, all of them."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import UserRequest
from core import clock
from core.formats import elapsed, money
from core.refusals import Refusal
from finance import queries
from finance.documents import issuing, since
from finance.forms import TopUpForm
from finance.models import Chargeback, DocumentKind, TopUp, TopUpStatus
from finance.provider import ProviderDown
from finance.queries import claims
from finance.rules import TOP_UP_LIMIT, TOP_UP_OPEN_FOR, TOP_UP_PRESETS, TOP_UPS_A_PAGE
from finance.steps import top_ups

TOLD = "top_ups_told"  # in the session: those whose payer has read that the sum was added
TOLD_MOST = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Choose a sum and go on to the payment page."""
    asked = request.method == "POST"
    form = TopUpForm(request.POST) if asked else TopUpForm(initial=request.GET.dict())
    if asked and form.is_valid():
        now, to = clock.now(), form.cleaned_data["next"]
        try:
            TOP_UP_LIMIT.count(by=request.user, now=now)
            top_up = top_ups.begin(request.user, form.sum, return_to=to, by=request.user, now=now)
            return redirect(top_up.payment_url)
        except Refusal as refusal:
            messages.error(request, str(refusal))
    return render(
        request,
        "finance/add.html",
        {
            "breadcrumbs": _way(_("Add funds")),
            "form": form,
            "presets": TOP_UP_PRESETS,
            "spendable": queries.header_balance(request.user),
            "offline_offered": bool(settings.OFFLINE_PAYMENT_DETAILS),
        },
    )


@login_required
@require_safe
def returned(request: UserRequest) -> HttpResponse:
    """Back from the payment page: settle at once, whether or not the webhook was faster, and go on."""
    session_id = request.GET.get("session_id", "")
    top_up = get_object_or_404(TopUp, user=request.user, session_id=session_id)
    top_up, _reached = _settled(top_up)
    if _goes_on(request, top_up):
        return redirect(top_up.return_to)
    return redirect(top_up)


@login_required
@require_safe
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """How a top-up stands; while it is being confirmed the page asks again by itself, and goes on once it is paid."""
    top_up, reached = _settled(get_object_or_404(TopUp, user=request.user, pk=pk))
    if request.htmx and _goes_on(request, top_up):
        return HttpResponseClientRedirect(top_up.return_to)
    confirming = top_up.status == TopUpStatus.PROCESSING or (top_up.is_unfinished and not reached)
    template = "finance/top_up.html#standing" if request.htmx else "finance/top_up.html"
    receipt = issuing.find(DocumentKind.RECEIPT, top_up.reference) if top_up.status == TopUpStatus.PAID else None
    context = {
        "breadcrumbs": _way(_("Top-up %(number)s") % {"number": top_up.pk}),
        "top_up": top_up,
        "confirming": confirming,
        "reached": reached,
        "claims": claims.of_top_up(top_up),
        "receipt": receipt,
        "open_for": elapsed(TOP_UP_OPEN_FOR),
        "since": since.of_receipts([receipt]).get(receipt.pk) if receipt else None,
    }
    return render(request, template, context)


@login_required
@require_POST
def pay(request: UserRequest, pk: int) -> HttpResponse:
    """On to the payment page of a top-up that is not paid yet."""
    now = clock.now()
    try:
        TOP_UP_LIMIT.count(by=request.user, now=now)
        return redirect(top_ups.proceed(pk, by=request.user, now=now).payment_url)
    except TopUp.DoesNotExist as error:
        raise Http404 from error
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("top-up-detail", pk)


@login_required
@require_safe
def all_top_ups(request: UserRequest) -> HttpResponse:
    """Every top-up with how it stands (FIN-03)."""
    page = Paginator(
        TopUp.objects.filter(user=request.user).prefetch_related("chargebacks").order_by("-id"), TOP_UPS_A_PAGE
    )
    context = {"breadcrumbs": _way(_("Top-ups")), "page": page.get_page(request.GET.get("page"))}
    return render(request, "finance/top_ups.html", context)


@login_required
@require_safe
def chargeback(request: UserRequest, pk: int) -> HttpResponse:
    """On to what is taken back and how that stands: a top-up by its bank (FIN-03), or an announced payment (PAY-01)."""
    own = Q(top_up__user=request.user) | Q(announced__user=request.user)
    found = get_object_or_404(Chargeback.objects.select_related("top_up", "announced"), own, pk=pk)
    return redirect(f"{found.payment.get_absolute_url()}#chargeback-{pk}")


def _goes_on(request: UserRequest, top_up: TopUp) -> bool:
    """Whether the payer is led on to where the money was needed; the sum is told there, once however often one comes back."""
    if top_up.status != TopUpStatus.PAID or not top_up.return_to:
        return False
    told = request.session.get(TOLD, [])
    if top_up.pk not in told:
        messages.success(request, _("%(amount)s added to your balance.") % {"amount": money(top_up.amount)})
        request.session[TOLD] = [*told, top_up.pk][-TOLD_MOST:]
    return True


def _settled(top_up: TopUp) -> tuple[TopUp, bool]:
    """The top-up as the provider has it now, and whether the provider could be asked."""
    if top_up.is_unfinished and top_up.session_id:
        try:
            return top_ups.settle(top_up.session_id, clock.now()) or top_up, True
        except ProviderDown:
            return top_up, False
    return top_up, True


def _way(here: str) -> list[tuple[str, str]]:
    return [(_("Balance"), reverse("balance")), (here, "")]
