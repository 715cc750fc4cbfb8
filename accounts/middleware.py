"""Noting that a signed-in user is here, and showing times in their zone (ACC-14, ACC-15)."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import rules
from accounts.models import User
from accounts.steps import showing
from core import clock


class PresenceMiddleware:
    """Writes `last_seen_at` at most once a minute for each user and switches to their time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not user.is_authenticated:
            return self.get_response(request)
        if cache.add(f"accounts:seen:{user.pk}", True, rules.SEEN_EVERY.total_seconds()):
            showing.seen(user.pk, now=clock.now())
        with timezone.override(_zone(user.time_zone)):
            return self.get_response(request)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
