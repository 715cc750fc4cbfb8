"""Signing in as one of the demo people with one press."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as sign_in_as
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import FormerLogin, User
from marketplace.devtools.gate import back, dev_only

DEMO_LOGINS: dict[str, str | Promise] = {
    "bea": gettext_lazy("Buyer with orders in every state"),
    "sam": gettext_lazy("Seller with kworks on sale"),
    "mo": gettext_lazy("Moderator"),
    "ada": gettext_lazy("Arbiter"),
    "fay": gettext_lazy("Finance: one of the two who approve payouts"),
    "otto": gettext_lazy("Finance: the other one"),
    "alma": gettext_lazy("Administrator: may do everything"),
    "sten": gettext_lazy("Takes no part in Bea's and Sam's orders"),
}


@dataclass(frozen=True)
class Person:
    """Someone of the demo, and what there is to see as them. `login` is the one of DEMO_LOGINS, which they may have changed."""

    login: str
    user: User
    part: str | Promise


def people() -> list[Person]:
    """Those of the demo people who are there, in the order of DEMO_LOGINS."""
    found = {login: user for login, user in _by_login().items() if user.is_active}
    return [Person(login, found[login], part) for login, part in DEMO_LOGINS.items() if login in found]


def _by_login() -> dict[str, User]:
    """Who has, or had, each of the logins: one that was given up is nobody else's ever after (ACC-07)."""
    former = FormerLogin.objects.filter(login__in=DEMO_LOGINS).select_related("user")
    return {user.login: user for user in User.objects.filter(login__in=DEMO_LOGINS)} | {
        each.login: each.user for each in former
    }


@dev_only
@require_POST
def sign_in(request: HttpRequest, login: str) -> HttpResponse:
    """Sign in without a password as a person of DEMO_LOGINS; anyone else's login is not found."""
    if login not in DEMO_LOGINS:
        raise Http404
    user = _by_login().get(login)
    if user is None:
        messages.error(request, _("There is no demo data yet: run make demo."))
        return back(request)
    if not user.is_active:
        messages.error(request, _("%(name)s's account is closed.") % {"name": user.shown_name})
        return back(request)
    sign_in_as(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    messages.success(request, _("You are signed in as %(name)s.") % {"name": user.shown_name})
    return back(request)
