"""What a browser remembers of referrals when somebody signs in or out in it (REF-01, REF-05)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core import clock
from referrals import cookies
from referrals.models import Referrer


class ReferralCookieMiddleware:
    """Takes away by whose link a browser came, once somebody is signed in: only newcomers are referred (REF-01).

    When somebody signs out it notes whose link is theirs, so that the next account of this browser is none of theirs (REF-05).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = request.user if request.method == "POST" and request.user.is_authenticated else None
        response = self.get_response(request)
        if before is not None and request.user.pk != before.pk:
            link = Referrer.objects.filter(user=before.pk).first()
            if link is not None:
                cookies.mark(response, link, clock.now())
        if cookies.CAME_BY in request.COOKIES and request.user.is_authenticated:
            cookies.forget(response)
        return response
