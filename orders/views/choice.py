"""The order form of a kwork: how many, which extras (CAT-05, ORD-01). It fills a place on the kwork's page and works alone."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import clock
from core.numbers import small_int
from core.refusals import Refusal
from kworks.models import Kwork, KworkStatus
from kworks.rules import QUANTITY_MOST
from orders.forms import ChoiceForm
from orders.queries.clocks import in_words, lead_time
from orders.rules import Terms
from orders.steps import checkout


@require_http_methods(["GET", "HEAD", "POST"])
def order_form(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form, filled from the query if it says something; sent, keep the choice and go on to its confirmation."""
    published = Kwork.objects.exclude(status=KworkStatus.NEW).select_related("seller")
    kwork = get_object_or_404(published.prefetch_related("extras"), pk=pk)
    if request.method != "POST":
        return _shown(request, kwork, ChoiceForm(kwork, initial=_asked(request)))
    form = ChoiceForm(kwork, request.POST)
    if not form.is_valid():
        return _shown(request, kwork, form)
    if not request.user.is_authenticated:
        return redirect_to_login(f"{reverse('order-form', args=[kwork.pk])}?{_as_query(form)}")
    try:
        kept = checkout.choose(
            kwork,
            quantity=form.cleaned_data["quantity"],
            extras=form.quantities,
            shown_total=form.shown_total,
            token=form.cleaned_data["token"],
            by=request.user,
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _shown(request, kwork, form)
    return redirect(kept)


def _asked(request: HttpRequest) -> dict[str, str]:
    """What an address says to choose: numbers within bounds only, anything else is left out."""
    return {
        name: value
        for name, value in request.GET.dict().items()
        if small_int(value, 0, QUANTITY_MOST) is not None and (name == "quantity" or name.startswith("extra-"))
    }


def _as_query(form: ChoiceForm) -> str:
    chosen = {f"extra-{pk}": count for pk, count in form.quantities.items()}
    return urlencode({"quantity": form.cleaned_data["quantity"], **chosen})


def _shown(request: HttpRequest, kwork: Kwork, form: ChoiceForm) -> HttpResponse:
    closed = ""
    if not checkout.is_on_sale(kwork):
        closed = _("This kwork is not on sale at the moment.")
    elif request.user.is_authenticated and kwork.seller_id == request.user.pk:
        closed = _("This is your own kwork: buyers see the order form here.")
    shown = _quoted(kwork, form)
    context = {
        "kwork": kwork,
        "form": form,
        "closed": closed,
        "total": shown.total if shown else kwork.price,
        "lead": lead_time(shown.lead_hours if shown else kwork.lead_days * 24),
        **in_words(Terms.today()),
        "breadcrumbs": [(kwork.title, kwork.get_absolute_url()), (_("Order"), "")],
    }
    part = "#form" if getattr(request, "htmx", False) else ""
    return render(request, f"orders/choice.html{part}", context)


def _quoted(kwork: Kwork, form: ChoiceForm) -> checkout.Quote | None:
    """What stands in the form, priced; nothing when it cannot be."""
    values = form.data if form.is_bound else form.initial
    extras = {str(extra.pk): str(values.get(f"extra-{extra.pk}", "")) for extra in form.extras}
    quantity = small_int(str(values.get("quantity", 1)), 0, QUANTITY_MOST)
    try:
        chosen = {pk: small_int(count, 0, QUANTITY_MOST) or 0 for pk, count in extras.items()}
        return checkout.quote(kwork, 1 if quantity is None else quantity, chosen)
    except Refusal:
        return None
