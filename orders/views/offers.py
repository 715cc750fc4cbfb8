"""Offers inside an order (ORD-14): the seller makes and withdraws them, the buyer accepts and pays, or declines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.requests import UserRequest
from core import clock
from core.numbers import small_int
from core.refusals import OutOfTurn, Refusal
from finance.escrow import ShortBalance
from finance.rules import TOP_UP_LIMIT
from kworks.models import Extra, Kwork
from kworks.rules import QUANTITY_MOST
from orders.forms import OfferForm, PayForm
from orders.models import OfferStatus, Order
from orders.moves import MOVES
from orders.queries import offers as queries
from orders.queries.whose import offers_of, orders_of
from orders.rules import WRITE_LIMIT
from orders.steps import funding, offers
from orders.steps.moving import check, may

Answer = Callable[[int, PayForm, User, datetime], None]
ANSWERS: dict[str, tuple[Answer, OfferStatus, Promise]] = {
    "accept": (
        lambda pk, sent, by, now: offers.accept(pk, bonus_first=sent.bonus_first, by=by, now=now),
        OfferStatus.ACCEPTED,
        gettext_lazy("You accepted the offer. Its price is held in escrow with the rest of the order."),
    ),
    "decline": (
        lambda pk, _sent, by, now: offers.decline(pk, by=by, now=now),
        OfferStatus.DECLINED,
        gettext_lazy("You declined the offer. The order goes on as it was."),
    ),
    "withdraw": (
        lambda pk, _sent, by, now: offers.withdraw(pk, by=by, now=now),
        OfferStatus.WITHDRAWN,
        gettext_lazy("You withdrew the offer."),
    ),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: UserRequest, number: str) -> HttpResponse:
    """The seller's form to offer more; asked while it is being filled in, only what the offer would change."""
    order = get_object_or_404(orders_of(request.user).filter(seller=request.user), number=number)
    things, now = queries.things(order), clock.now()
    sent = request.POST if request.method == "POST" else None
    form = OfferForm(queries.choices(things), sent, initial=request.GET.dict())
    if sent is None or "preview" in sent:
        return _shown(request, order, form, things, now)
    if form.is_valid() and order.offers.filter(token=form.cleaned_data["token"]).exists():
        return redirect(order)  # the second press of a double click
    try:
        check(order, MOVES["offer"], by=request.user, now=now)
        if form.is_valid():
            WRITE_LIMIT.count(by=request.user, now=now)
            said = form.cleaned_data
            offers.offer(
                order.pk,
                things[said["thing"]],
                quantity=said["quantity"],
                text=said["text"],
                token=said["token"],
                by=request.user,
                now=now,
            )
            messages.success(request, _("The offer was made. The buyer accepts and pays, or declines."))
            return redirect(order)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
    return _shown(request, order, form, things, now)


@login_required
@require_POST
def answer(request: UserRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """Accept and pay, decline, or withdraw an offer; pressed twice it happens once."""
    found = get_object_or_404(offers_of(request.user), pk=pk, order__number=number)
    step, target, words = ANSWERS[verb]
    sent = PayForm(request.POST)
    sent.full_clean()
    try:
        step(found.pk, sent, request.user, clock.now())
    except ShortBalance as short:
        messages.error(request, _("%(refusal)s Nothing was paid.") % {"refusal": short})
    except OutOfTurn as refusal:
        found.refresh_from_db()
        tell = messages.info if found.status == target else messages.error
        tell(request, str(refusal))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(words))
    return redirect(f"{found.order.get_absolute_url()}#offers")


@login_required
@require_POST
def fund(request: UserRequest, number: str, pk: int) -> HttpResponse:
    """Pay in what the balance lacks for an offer, and come back to the order."""
    found = get_object_or_404(offers_of(request.user).filter(order__buyer=request.user), pk=pk, order__number=number)
    now = clock.now()
    try:
        TOP_UP_LIMIT.count(by=request.user, now=now)
        return redirect(funding.fund_offer(found.pk, by=request.user, now=now).payment_url)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{found.order.get_absolute_url()}#offers")


def _shown(
    request: UserRequest, order: Order, form: OfferForm, things: dict[str, Extra | Kwork], now: datetime
) -> HttpResponse:
    values = form.data if form.is_bound else request.GET
    thing = things.get(str(values.get("thing", "")))
    quantity = small_int(str(values.get("quantity", "")), 1, QUANTITY_MOST)
    context = {
        "order": order,
        "form": form,
        "change": queries.change(order, queries.unsaved(order, thing, quantity, now), now)
        if thing and quantity
        else None,
        "offers": queries.shown(order, now),
        "may": {"withdraw_offer": may(order, "withdraw_offer", by=request.user, now=now)},
        "now": now,
        "side": "seller",
        "breadcrumbs": [
            (_("Manage orders"), f"{reverse('orders')}?role=seller"),
            (_("Order %(number)s") % {"number": order.number}, order.get_absolute_url()),
            (_("Offer more"), ""),
        ],
    }
    part = "#change" if request.htmx else ""
    return render(request, f"orders/offer_form.html{part}", context)
