"""The public profile page (ACC-11)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import countries, queries
from accounts.models import User
from accounts.views.whose import whose
from core import clock


@require_safe
@whose
def profile(request: HttpRequest, user: User) -> HttpResponse:
    """A user's page; its owner also sees what is missing (ACC-11)."""
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
