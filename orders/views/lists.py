"""The lists "My orders" and "Manage orders" (ORD-03)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.requests import UserRequest
from core import clock
from orders.models import Status
from orders.queries import lists
from orders.rules import ORDERS_PER_PAGE


@login_required
@require_safe
def orders(request: UserRequest) -> HttpResponse:
    """The viewer's purchases or sales by status, searched by title and number; by default of the role shown."""
    user, now = request.user, clock.now()
    asked = request.GET.get("role", user.role)
    role = Role(asked) if asked in Role.values else Role(user.role)
    status = request.GET.get("status", "")
    status = status if status in Status.values else ""
    words = request.GET.get("q", "")
    found = lists.found(lists.orders_as(user, role), words)
    if status:
        found = found.filter(status=status)
    page = Paginator(found, ORDERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("My orders") if role is Role.BUYER else _("Manage orders"),
        "role": role.value,
        "status": status,
        "words": words,
        "tabs": _tabs(lists.tabs(user, role), role, status),
        "page": page,
        "rows": [(order, order.is_expired(now)) for order in page.object_list],
        "now": now,
    }
    return render(request, "orders/list.html", context)


def _tabs(counted: list[lists.Tab], role: Role, current: str) -> list[dict[str, object]]:
    names = {
        "": _("All"),
        Status.PLACED: _("To be started"),
        Status.IN_WORK: _("In work"),
        Status.DELIVERED: _("Delivered"),
        Status.COMPLETED: _("Completed"),
        Status.CANCELED: _("Canceled"),
    }
    return [
        {
            "label": names[tab.status],
            "count": tab.count,
            "current": tab.status == current,
            "url": f"{reverse('orders')}?{urlencode({'role': role.value, **({'status': tab.status} if tab.status else {})})}",
        }
        for tab in counted
    ]
