"""The public profile page (ACC-11)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts import countries, queries
from accounts.models import User
from core import clock


@require_safe
def profile(request: HttpRequest, login: str) -> HttpResponse:
    """A user's page, found in any letter case and under a former login (ACC-07); its owner also sees what is missing."""
    user = User.objects.filter(login__iexact=login, is_active=True).first() or queries.by_former_login(login)
    if user is None:
        raise Http404
    if user.login != login:
        return redirect(user, permanent=True)
    now = clock.now()
    own = request.user == user
    return render(
        request,
        "accounts/profile.html",
        {
            "person": user,
            "own": own,
            "now": now,
            "online": queries.is_online(user, now),
            "country": countries.name_of(user.country),
            "completeness": queries.completeness(user) if own else None,
        },
    )
