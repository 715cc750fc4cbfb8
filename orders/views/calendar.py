"""Deadlines in the user's own calendar program: the page with the secret address, and what is found under it."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import time_zones
from accounts.requests import UserRequest
from core import clock
from core.calendars import CONTENT_TYPE
from core.calendars import calendar as written
from core.limits import TooOften
from orders.models import Calendar
from orders.queries.calendar import moments
from orders.rules import CALENDAR_LIMIT
from orders.steps import calendars

PLAIN = "text/plain; charset=utf-8"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_page(request: UserRequest) -> HttpResponse:
    """The address and what it is for; sent, a new address."""
    if request.method == "POST":
        calendars.renew(by=request.user, now=clock.now())
        messages.success(request, _("The calendar has a new address. Under the old one nothing is found any more."))
        return redirect("order-calendar-page")
    calendar = calendars.calendar_of(request.user, clock.now())
    context = {
        "address": f"{settings.SITE_URL}{calendar.get_absolute_url()}",
        "calendar": calendar,
        "breadcrumbs": [(_("Orders"), reverse("orders")), (_("Deadlines in your calendar"), "")],
    }
    return render(request, "orders/calendar.html", context)


@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The deadlines of the open orders of whoever has this address; no sign-in, the address is the secret."""
    found = get_object_or_404(Calendar.objects.select_related("user").filter(user__is_active=True), token=token)
    now = clock.now()
    try:
        CALENDAR_LIMIT.count(by=found.user, now=now)
    except TooOften as refusal:
        answer = HttpResponse(str(refusal), status=HTTPStatus.TOO_MANY_REQUESTS, content_type=PLAIN)
        answer["Retry-After"] = str(int(CALENDAR_LIMIT.within.total_seconds()))
        return answer
    with timezone.override(_zone(found.user.time_zone)):
        name = _("%(site)s deadlines") % {"site": settings.SITE_NAME}
        text = written(name, f"-//{settings.SITE_NAME}//Orders//EN", moments(found.user, now), now=now)
    response = HttpResponse(text, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = 'inline; filename="deadlines.ics"'
    response["Cache-Control"] = "private, max-age=300"
    response["X-Robots-Tag"] = "noindex"
    return response


def _zone(name: str) -> str:
    return name if name in time_zones.names() else time_zones.DEFAULT
