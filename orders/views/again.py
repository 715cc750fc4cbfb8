"""Ordering the same again (ORD-15): to the kwork's order form, filled with what is still offered."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from kworks import queries as kworks
from orders.queries.again import again
from orders.queries.whose import orders_of


@login_required
@require_safe
def order_again(request: UserRequest, number: str) -> HttpResponse:
    """Go to the order form as far as the kwork is on sale, and say what is missing; otherwise show similar kworks."""
    mine = orders_of(request.user).filter(buyer=request.user).select_related("kwork__seller", "kwork__category")
    order = get_object_or_404(mine, number=number)
    found = again(order)
    if not found.on_sale:
        context = {
            "order": order,
            "similar": kworks.similar(order.kwork),
            "breadcrumbs": [
                (_("My orders"), f"{reverse('orders')}?role=buyer"),
                (_("Order %(number)s") % {"number": order.number}, order.get_absolute_url()),
                (_("Order again"), ""),
            ],
        }
        return render(request, "orders/again.html", context)
    if found.gone:
        messages.warning(request, _("No longer offered: %(titles)s.") % {"titles": ", ".join(found.gone)})
    if found.further:
        words = _("You had bought this inside the order; order it by itself: %(titles)s.")
        messages.info(request, words % {"titles": ", ".join(found.further)})
    return redirect(found.url)
