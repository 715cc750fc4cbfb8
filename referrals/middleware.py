"""Forgetting by whose link a browser came, once somebody is signed in: only newcomers are referred (REF-01)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from referrals import cookies


class ReferralCookieMiddleware:
    """Takes the cookie away as soon as it has counted, or no longer can."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if cookies.CAME_BY in request.COOKIES and request.user.is_authenticated:
            cookies.forget(response)
        return response
