"""Sending the letters: each is claimed under a lock, so that two workers never send the same one at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts import time_zones
from accounts.models import User
from accounts.queries import has_confirmed_email
from core.letters import signature
from notifications.models import Letter, Notice
from notifications.rules import LETTER_WAITS, QUOTING_KINDS
from notifications.words import Words

log = structlog.get_logger(__name__)


def send(letter_id: int, now: datetime) -> None:
    """Send a letter that is due; one that another worker holds or has sent is left alone.

    The row stays locked while the mail server takes the letter. A worker that dies in between sends it again, under the
    same Message-ID, by which mailboxes know it for the same letter.
    """
    with transaction.atomic():
        waiting = Letter.objects.select_for_update(skip_locked=True, of=("self",)).select_related("notice__user")
        letter = waiting.filter(pk=letter_id, due_at__lte=now).first()
        if letter is None:
            return
        try:
            with transaction.atomic():  # a query that fails while composing must not undo the count below
                compose(letter.notice).send()
        except Exception as error:  # whatever went wrong, also in composing, was a try
            _put_off(letter, repr(error), now)
        else:
            letter.sent_at, letter.due_at = now, None
        letter.tries += 1
        letter.save(update_fields=["sent_at", "due_at", "tries"])


def compose(notice: Notice) -> EmailMultiAlternatives:
    """The mail of a notice as text and HTML, in the user's own time zone.

    An address that nobody has confirmed may be a stranger's: it gets no text that another user wrote.
    """
    user = notice.user
    with timezone.override(_zone(user)), translation.override(settings.LANGUAGE_CODE):
        words = Words(notice.kind, user, _facts(notice))
        values = {
            "user": user,
            **signature(),
            "subject": words.subject,
            "body": words.body,
            "action": words.action,
            "url": settings.SITE_URL + notice.url,
        }
        mail = EmailMultiAlternatives(
            subject=words.subject,
            body=render_to_string("emails/notice.txt", values),
            to=[user.email],
            reply_to=[settings.SUPPORT_EMAIL],
            headers={"Message-ID": message_id(notice), "Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(render_to_string("emails/notice.html", values), "text/html")
    return mail


def message_id(notice: Notice) -> str:
    """The same for every try at the same notice."""
    return f"<notice-{notice.pk}-{notice.event_id}@{urlsplit(settings.SITE_URL).hostname}>"


def _facts(notice: Notice) -> dict[str, Any]:
    if notice.kind in QUOTING_KINDS and not has_confirmed_email(notice.user):
        return {name: value for name, value in notice.facts.items() if name != "text"}
    return dict(notice.facts)


def _zone(user: User) -> ZoneInfo:
    return ZoneInfo(user.time_zone if user.time_zone in time_zones.names() else time_zones.DEFAULT)


def _put_off(letter: Letter, error: str, now: datetime) -> None:
    if letter.tries < len(LETTER_WAITS):
        letter.due_at = now + LETTER_WAITS[letter.tries]
        log.warning("letter not taken, will be tried again", letter=letter.pk, tries=letter.tries + 1, error=error)
    else:
        letter.due_at = None
        log.error("letter given up", letter=letter.pk, tries=letter.tries + 1, error=error)
