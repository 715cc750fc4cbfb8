"""Reads about notices."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from notifications.models import Notice
from notifications.rules import UNREAD_MOST_COUNTED


def notices_of(user: User, *, unread_only: bool = False) -> QuerySet[Notice]:
    """A user's notices, newest first; with `unread_only` those not read yet."""
    notices = Notice.objects.filter(user=user).order_by("-id")
    return notices.filter(read_at__isnull=True) if unread_only else notices


def unread_count(user: User) -> int:
    """How many notices a user has not read; stops counting one above what is shown as a number."""
    unread = Notice.objects.filter(user=user, read_at__isnull=True)
    return unread[: UNREAD_MOST_COUNTED + 1].count()
