"""The public profile page (ACC-11)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts import countries, queries
from accounts.models import User
from core import clock


@require_safe
def profile(request: HttpRequest, login: str) -> HttpResponse:
    """A user's page, found in any letter case; its owner also sees what is missing."""
    user = get_object_or_404(User, login__iexact=login, is_active=True)
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
