"""The notification center, and the number on the bell."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import BigIntegerField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import UserRequest
from core import clock
from core.numbers import small_int
from notifications import queries, steps
from notifications.models import Notice
from notifications.rules import NOTICES_PER_PAGE
from notifications.words import Words

HTMX_STOP_POLLING = 286


@login_required
@require_safe
def notifications(request: UserRequest) -> HttpResponse:
    """Everything the viewer was told, newest first, unread ones marked; `show=unread` lists just those (MSG-05)."""
    unread_only = request.GET.get("show") == "unread"
    found = queries.notices_of(request.user, unread_only=unread_only)
    page = Paginator(found, NOTICES_PER_PAGE).get_page(request.GET.get("page"))
    own = reverse("notifications")
    context = {
        "page": page,
        "rows": [_row(notice, request.user) for notice in page.object_list],
        "unread_only": unread_only,
        "newest": queries.notices_of(request.user).values_list("pk", flat=True).first(),
        "tabs": [
            {"label": _("All"), "url": own, "current": not unread_only},
            {"label": _("Unread"), "url": f"{own}?show=unread", "current": unread_only},
        ],
        "now": clock.now(),
    }
    return render(request, "notifications/list.html", context)


@login_required
@require_safe
def open_notice(request: UserRequest, pk: int) -> HttpResponse:
    """Go where the notice leads; having followed it, the viewer has read it."""
    notice = get_object_or_404(queries.notices_of(request.user), pk=pk)
    steps.read(notice, now=clock.now())
    return redirect(notice.url)


@login_required
@require_POST
def read_all(request: UserRequest) -> HttpResponse:
    """Note everything as read that the viewer has seen in the list; what came since stays unread."""
    newest = small_int(request.POST.get("newest", ""), 1, BigIntegerField.MAX_BIGINT)
    if newest is not None:
        steps.read_all(request.user, up_to=newest, now=clock.now())
    return redirect("notifications")


@never_cache
@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """The number on the bell, for a page that asks again and again: 204 as long as it is the one shown (`shown`)."""
    if not request.user.is_authenticated:
        return HttpResponse(status=HTMX_STOP_POLLING)
    count = queries.unread_count(request.user)
    if request.GET.get("shown") == str(count):
        return HttpResponse(status=204)
    return render(request, "components/unread_badge.html", {"unread_count": count})


def _row(notice: Notice, user: User) -> dict[str, object]:
    words = Words(notice.kind, user, notice.facts)
    return {"notice": notice, "icon": words.icon, "line": words.line}
