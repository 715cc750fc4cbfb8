"""Pages about somebody, under an address with their login."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import queries
from accounts.models import User


def whose(view: Callable[[HttpRequest, User], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Gives the view whom the address names; other letters and a former login lead on to the present one (ACC-07)."""

    @wraps(view)
    def named(request: HttpRequest, login: str) -> HttpResponse:
        user = User.objects.filter(login__iexact=login, is_active=True).first() or queries.by_former_login(login)
        if user is None:
            raise Http404
        if user.login != login and request.resolver_match:
            here = request.resolver_match.view_name
            return redirect(reverse(here, args=[user.login], query=request.GET or None), permanent=True)
        return view(request, user)

    return named
