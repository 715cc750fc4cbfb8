"""Help with an order: for now, canceling it. It fills a place on the order's page and works alone."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from arbitration.queries import preview
from arbitration.steps import canceling
from core import clock
from core.refusals import Refusal
from orders.models import Status
from orders.queries.whose import orders_of, orders_seen_by


@login_required
@require_safe
def order_help(request: UserRequest, number: str) -> HttpResponse:
    """Show when and why the order can be canceled, and what would follow (CAN-19)."""
    viewer = request.user
    order = get_object_or_404(orders_seen_by(viewer), number=number)
    now = clock.now()
    ways = preview.ways(order, viewer, now)
    context = {
        "order": order,
        "ways": ways,
        "may_cancel": any(way.follows for way in ways),
        "now": now,
        "breadcrumbs": [(_("Order %(number)s") % {"number": number}, order.get_absolute_url()), (_("Help"), "")],
    }
    part = "#help" if request.htmx else ""
    return render(request, f"arbitration/help.html{part}", context)


@login_required
@require_POST
def cancel(request: UserRequest, number: str) -> HttpResponse:
    """Cancel an order of one's own for the reason that was chosen (CAN-01, CAN-02)."""
    viewer = request.user
    order = get_object_or_404(orders_of(viewer), number=number)
    try:
        canceling.cancel(
            order.pk, request.POST.get("reason", ""), text=request.POST.get("text", ""), by=viewer, now=clock.now()
        )
    except Refusal as refusal:
        order.refresh_from_db()
        tell = messages.info if order.status == Status.CANCELED else messages.error
        tell(request, str(refusal))
    else:
        messages.success(request, _("The order was canceled and the money returned to your balance."))
    return redirect(order)
