"""The lists "My orders" and "Manage orders" (ORD-03)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Role, User
from accounts.requests import UserRequest
from core import clock
from orders.models import Order
from orders.queries import lists
from orders.queries.clocks import Clock, next_clock
from orders.queries.lists import Tab
from orders.rules import ORDERS_PER_PAGE


@dataclass(frozen=True)
class Row:
    """One order of the list: what its viewer is to do, and the clock that runs out next."""

    order: Order
    expired: bool
    todo: str
    clock: Clock | None


@login_required
@require_safe
def orders(request: UserRequest) -> HttpResponse:
    """The viewer's purchases or sales by part, searched by number, title and name; by default of the role shown."""
    user, now = request.user, clock.now()
    asked = request.GET.get("role", user.role)
    role = Role(asked) if asked in Role.values else Role(user.role)
    asked_tab = request.GET.get("status", "")
    tab = Tab(asked_tab) if asked_tab in list(Tab) else Tab.ALL
    words = request.GET.get("q", "")
    counts = lists.counts(user, role, now)
    found = lists.found(lists.orders_as(user, role, now).filter(lists.part(tab, now)), words, role)
    paginator = Paginator(found, ORDERS_PER_PAGE)
    if not words:
        paginator.count = counts[tab]
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "title": _("My orders") if role is Role.BUYER else _("Manage orders"),
        "role": role.value,
        "status": tab.value,
        "words": words,
        "tabs": _tabs(counts, role, tab),
        "page": page,
        "rows": [_row(order, user, role, now) for order in page.object_list],
        "now": now,
    }
    return render(request, "orders/list.html", context)


def _row(order: Order, user: User, role: Role, now: datetime) -> Row:
    return Row(order, order.is_expired(now), lists.todo(order, role), next_clock(order, user, now))


def _tabs(counts: dict[Tab, int], role: Role, current: Tab) -> list[dict[str, object]]:
    names = {
        Tab.ALL: _("All"),
        Tab.AWAITS: _("Your turn"),
        Tab.PLACED: _("To be started"),
        Tab.IN_WORK: _("In work"),
        Tab.EXPIRED: _("Expired"),
        Tab.DELIVERED: _("Delivered"),
        Tab.DISPUTED: _("In dispute"),
        Tab.COMPLETED: _("Completed"),
        Tab.SPLIT: _("Split"),
        Tab.CANCELED: _("Canceled"),
    }
    return [
        {
            "label": names[tab],
            "count": count,
            "current": tab is current,
            "url": f"{reverse('orders')}?{urlencode({'role': role.value, **({'status': tab.value} if tab else {})})}",
        }
        for tab, count in counts.items()
    ]
