"""Telling users what happened, and noting what they have read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from core.models import Event
from notifications.models import Letter, Notice
from notifications.tasks import send_letter
from notifications.words import check_kind


def tell(
    user: User, *, event: Event, kind: str, url: str, facts: dict[str, Any] | None = None, mail: bool = True
) -> None:
    """Put a notice of `kind` about the event into the user's center, once, and with `mail` also send it as a letter (MSG-05).

    Called from a reaction, in its transaction. `facts` is plain JSON for the words of the kind (see notifications/words.py):
    cents as integers, times as ISO text. `url` is the path that the notice leads to. Mail goes to the account's address,
    confirmed or not: these letters are about the user's own money and work; see letters.py for what they leave out.
    """
    check_kind(kind)
    if not url_has_allowed_host_and_scheme(url, allowed_hosts=None) or not url.startswith("/"):
        raise ValueError(f"A notice leads to a path of this site, not to {url!r}.")
    with transaction.atomic():
        notice, first = Notice.objects.get_or_create(
            user=user, event=event, kind=kind, defaults={"facts": facts or {}, "url": url, "at": event.at}
        )
        if first and mail:
            letter = Letter.objects.create(notice=notice, due_at=event.at)
            send_letter.delay(letter.pk)


def read(notice: Notice, *, now: datetime) -> None:
    """Note that the user has seen a notice; the first time counts."""
    Notice.objects.filter(pk=notice.pk, read_at__isnull=True).update(read_at=now)


def read_all(user: User, *, up_to: int, now: datetime) -> None:
    """Note that the user has seen every notice with an id of at most `up_to`, so that none that came meanwhile is missed."""
    Notice.objects.filter(user=user, pk__lte=up_to, read_at__isnull=True).update(read_at=now)
