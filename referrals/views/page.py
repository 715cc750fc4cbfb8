"""The referrer's pages: the link with its numbers, the referrals, the months (REF-04)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from core import clock
from core.formats import percent
from referrals import cookies, rules
from referrals.queries import earnings
from referrals.queries.groups import scheme
from referrals.steps import links
from referrals.views.words import FORBIDDEN, HONEST

TABS: tuple[tuple[str, str | Promise], ...] = (
    ("referrals", _("Your link")),
    ("referral-people", _("Your referrals")),
    ("referral-months", _("By month")),
    ("referral-banners", _("Banners and texts")),
)
# Only while group rewards are on.
GROUP_TAB: tuple[str, str | Promise] = ("referral-group", _("Your group"))


@login_required
@require_safe
def overview(request: UserRequest) -> HttpResponse:
    """The link, what it has come to, how it pays, and what is honest."""
    now = clock.now()
    link = links.own_link(request.user, now=now)
    context = {
        "tabs": tabs("referrals"),
        "address": link.address,
        "numbers": earnings.numbers(request.user, now),
        "sale": percent(rules.RATES["sale"]),
        "purchase": percent(rules.RATES["purchase"]),
        "rules": rules,
        "honest": HONEST,
        "forbidden": FORBIDDEN,
    }
    response = render(request, "referrals/overview.html", context)
    cookies.mark(response, link, now)
    return response


@login_required
@require_safe
def people(request: UserRequest) -> HttpResponse:
    """Every referral by its login: since when, how it stands, until when, what it has earned."""
    now = clock.now()
    page = Paginator(earnings.referrals_of(request.user), rules.REFERRALS_A_PAGE).get_page(request.GET.get("page"))
    rows = [(attachment, attachment.standing(now)) for attachment in page]
    return render(request, "referrals/people.html", {"tabs": tabs("referral-people"), "page": page, "rows": rows})


@login_required
@require_safe
def months(request: UserRequest) -> HttpResponse:
    """What each month has earned."""
    page = Paginator(earnings.months(request.user), rules.MONTHS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "referrals/months.html", {"tabs": tabs("referral-months"), "page": page})


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages of this room, `current` among them."""
    shown = (*TABS, GROUP_TAB) if scheme() is not None else TABS
    return [{"label": label, "url": reverse(name), "current": name == current} for name, label in shown]
