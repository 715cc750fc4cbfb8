"""Who asks, and for how much of a page."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User


def viewer_of(request: HttpRequest) -> User:
    """The user of a view that asks for signing in."""
    user = request.user
    assert isinstance(user, User)
    return user


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page that is open already."""
    return bool(getattr(request, "htmx", False))
