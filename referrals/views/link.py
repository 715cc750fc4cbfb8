"""Following a referral link (REF-01)."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import clock
from referrals import cookies
from referrals.models import Referrer
from referrals.rules import VISIT
from referrals.steps import links

MACHINES = re.compile(
    r"bot|crawl|spider|slurp|preview|facebookexternalhit|curl|wget|python|monitor|headlesschrome", re.I
)
OWN_LINK = _(
    "The owner of this referral link was signed in here lately. Nobody is their own referral: an account that is made in "
    "this browser now is not attached to them."
)


@require_safe
@never_cache
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """Count the click, let the browser remember the link if it knows none yet, and go on to a page of the site.

    An unknown link leads there, too: it is no fault of who followed it. Machines, and those who are signed in and so are
    no newcomers, are led on without a trace. Where the link's owner was here a moment ago, nobody is attached (REF-05).
    """
    response = HttpResponseRedirect(_where(request))
    response["X-Robots-Tag"] = "noindex"
    link = Referrer.objects.filter(code=code, user__is_active=True).first()
    if link is None or request.user.is_authenticated or not _is_a_person(request):
        return response
    now, owner_seen = clock.now(), cookies.owner_seen(request, link)
    if owner_seen is not None and now < owner_seen + VISIT:
        messages.warning(request, OWN_LINK)
        return response
    if owner_seen is None:
        links.count_click(link, now=now)
    if cookies.came_by(request, now) is None:
        cookies.remember(response, link, own=owner_seen is not None, now=now)
    return response


def _where(request: HttpRequest) -> str:
    to = request.GET.get("to", "")
    local = to.startswith("/") and url_has_allowed_host_and_scheme(to, allowed_hosts=None)
    return to if local else resolve_url("home")


def _is_a_person(request: HttpRequest) -> bool:
    """Not a look ahead by a browser, and not a program that says it is one."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    agent = request.headers.get("User-Agent", "")
    looks_ahead = "prefetch" in purpose or "preview" in purpose or "prerender" in purpose
    return request.method == "GET" and not looks_ahead and bool(agent) and not MACHINES.search(agent)
