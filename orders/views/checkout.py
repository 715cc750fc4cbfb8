"""The last look before an order: exactly what will be bought, paid and happen next (ORD-01, ORD-02)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from core import clock, formats
from core.money import Money
from core.refusals import Refusal
from finance.escrow import ShortBalance
from finance.models import TopUpStatus
from finance.moves import UNFINISHED
from finance.rules import TOP_UP_LIMIT
from orders.forms import ConfirmForm
from orders.models import Checkout, CheckoutStatus
from orders.queries.choices import just_paid
from orders.queries.clocks import in_words, lead_time
from orders.queries.payment import Balances
from orders.queries.whose import choices_of
from orders.rules import Terms
from orders.steps import checkout as steps
from orders.steps import funding


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: UserRequest, token: UUID) -> HttpResponse:
    """Show a choice with its price of today; sent, place the order, or go to pay what the balance lacks."""
    choice = get_object_or_404(choices_of(request.user), token=token)
    if request.method == "POST":
        return _decide(request, choice)
    paid = just_paid(choice) if choice.order_id is None else None
    if paid:
        # The buyer may be back sooner than the event of the payment is handed on.
        steps.place_after_top_up(paid.pk, clock.now())
        choice = choices_of(request.user).get(pk=choice.pk)
    if choice.order is not None:
        return _to_order(request, choice)
    return _shown(request, choice)


def _decide(request: UserRequest, choice: Checkout) -> HttpResponse:
    buyer, now = request.user, clock.now()
    form = ConfirmForm(request.POST)
    try:
        if choice.order_id is None and form.is_valid():
            steps.agree(choice.pk, Money(form.cleaned_data["total"]), form.shown, by=buyer)
            steps.choose_balance(choice.pk, bonus_first=form.bonus_first, by=buyer)
        if "pay" in request.POST:
            TOP_UP_LIMIT.count(by=buyer, now=now)
            return redirect(funding.fund(choice.pk, by=buyer, now=now).payment_url)
        order = steps.place(choice.pk, by=buyer, now=now)
    except steps.OfferChanged:
        pass  # the page shows the old and the new
    except ShortBalance:
        messages.error(request, _("Your balance does not cover this order any more. Nothing was ordered."))
    except Refusal as refusal:
        # The second press of a double click finds the order made by the first, and says nothing.
        if not choices_of(buyer).filter(pk=choice.pk, order__isnull=False).exists():
            messages.error(request, str(refusal))
    else:
        return redirect(order)
    return redirect(choice)


def _to_order(request: UserRequest, choice: Checkout) -> HttpResponse:
    assert choice.order is not None
    response: HttpResponse = redirect(choice.order)
    if request.htmx:
        response = HttpResponse(headers={"HX-Redirect": choice.order.get_absolute_url()})
    return response


def _shown(request: UserRequest, choice: Checkout) -> HttpResponse:
    part = "#live" if request.htmx else ""
    return render(request, f"orders/checkout.html{part}", _context(request, choice))


def _context(request: UserRequest, choice: Checkout) -> dict[str, Any]:
    kwork = choice.kwork
    context: dict[str, Any] = {
        "choice": choice,
        "kwork": kwork,
        "breadcrumbs": [(kwork.title, kwork.get_absolute_url()), (_("Your order"), "")],
    }
    try:
        priced = steps.quote(kwork, choice.quantity, choice.extras)
    except Refusal as refusal:
        return {**context, "problem": str(refusal)}
    if not steps.is_on_sale(kwork):
        return {**context, "problem": _("This kwork is not on sale at the moment.")}
    balances = Balances.of(request.user)
    terms = Terms.today()
    return {
        **context,
        "priced": priced,
        "lead": lead_time(priced.lead_hours),
        "share": terms.share(priced.total),
        "commission": priced.total - terms.share(priced.total),
        **in_words(terms),
        "changed": _in_words(steps.changes(choice, priced)),
        "stopped": choice.problem if choice.status == CheckoutStatus.STOPPED else "",
        "balances": balances,
        "asked": balances.asked(priced.total, bonus_first=choice.bonus_first),
        **_being_paid(choice),
    }


def _in_words(changes: dict[str, tuple[Any, Any]]) -> list[tuple[str, str, str]]:
    """Each difference as its name, what the buyer was shown and what it is today."""
    names = {"total": _("Price"), "title": _("Title"), "volume": _("Volume"), "lead_hours": _("Lead time")}
    write: dict[str, Callable[[Any], str]] = {"total": formats.money, "lead_hours": lead_time}
    return [(names[key], write.get(key, str)(old), write.get(key, str)(new)) for key, (old, new) in changes.items()]


def _being_paid(choice: Checkout) -> dict[str, Any]:
    """The payment that the page waits for; one that is being confirmed or checked leaves no second to be begun."""
    begun = choice.top_ups().order_by("-id")
    checked = begun.filter(status=TopUpStatus.QUESTIONED).first()
    confirmed = begun.filter(status=TopUpStatus.PROCESSING).first()
    waiting = confirmed or begun.filter(status__in=UNFINISHED).first()
    return {"waiting": waiting, "checked": checked, "confirming": confirmed is not None or checked is not None}
