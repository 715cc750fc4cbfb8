"""Banners for other sites, and texts to go with the link (REF-04)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from core import clock
from referrals import cookies
from referrals.rules import BANNERS, Banner
from referrals.steps import links
from referrals.views.page import tabs
from referrals.views.words import texts

BANNER_SECONDS = 24 * 60 * 60


@login_required
@require_safe
def gallery(request: UserRequest) -> HttpResponse:
    """Each banner as it looks, with the code that shows it elsewhere and leads to the user's link."""
    now = clock.now()
    link = links.own_link(request.user, now=now)
    context = {
        "tabs": tabs("referral-banners"),
        "banners": [_shown(each, link.address) for each in BANNERS],
        "texts": [
            {"id": f"referral-text-{place}", "words": words}
            for place, words in enumerate(texts(settings.SITE_NAME, link.address), 1)
        ],
    }
    response = render(request, "referrals/banners.html", context)
    cookies.mark(response, link, now)
    return response


@require_safe
@xframe_options_exempt
@cache_control(public=True, max_age=BANNER_SECONDS)
def picture(request: HttpRequest, size: str) -> HttpResponse:
    """One banner, for anyone."""
    banner = next((each for each in BANNERS if each.size == size), None)
    if banner is None:
        raise Http404
    content_type = "image/svg+xml; charset=utf-8"
    context = {"banner": banner, "site": settings.SITE_NAME}
    return render(request, f"referrals/banner_{banner.shape}.svg", context, content_type=content_type)


def _shown(banner: Banner, link: str) -> dict[str, Any]:
    """A banner and the code that shows it on another site, as a link to `link`."""
    path = reverse("referral-banner", args=[banner.size])
    code = format_html(
        '<a href="{}"><img src="{}" width="{}" height="{}" alt="{}"></a>',
        link,
        f"{settings.SITE_URL}{path}",
        banner.width,
        banner.height,
        settings.SITE_NAME,
    )
    return {
        "id": f"referral-banner-{banner.size}",
        "title": f"{banner.width} × {banner.height}",
        "path": path,
        "width": banner.width,
        "height": banner.height,
        "code": code,
    }
