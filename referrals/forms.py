"""Signing up, as far as it concerns who brought the newcomer: the accounts' own forms with one thing more."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.forms import SignupForm, SocialSignupForm
from accounts.models import User
from core import clock
from referrals import cookies
from referrals.steps import joining


class ReferredMixin:
    """Attaches a newcomer to whose link brought them, in the transaction of the registration itself (REF-01)."""

    def save(self, request: HttpRequest) -> User:
        user: User = super().save(request)  # type: ignore[misc]
        now = clock.now()
        came_by = cookies.came_by(request, now)
        if came_by is not None:
            joining.attach(user, came_by, now=now)
        return user


class ReferredSignupForm(ReferredMixin, SignupForm):
    """With e-mail and password."""


class ReferredSocialSignupForm(ReferredMixin, SocialSignupForm):
    """With an account of Facebook or Google."""
