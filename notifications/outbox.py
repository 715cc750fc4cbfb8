"""Development's mail: every letter is kept as a file and shown on a page instead of being sent."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

KEPT = 500
KEY = re.compile(r"\d{20}-[0-9a-f]{8}")
NANOSECONDS = 1_000_000_000


class OutboxBackend(BaseEmailBackend):
    """Keeps the newest 500 letters in MAIL_OUTBOX_DIR."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        for mail in email_messages:
            key = f"{time.time_ns():020d}-{uuid4().hex[:8]}"
            # Written aside and renamed, so that the page never reads half a letter.
            written = folder / f"{key}.part"
            written.write_bytes(mail.message().as_bytes())
            written.rename(folder / f"{key}.eml")
        for old in _files()[KEPT:]:
            old.unlink(missing_ok=True)
        return len(email_messages)


@dataclass(frozen=True)
class Kept:
    """A letter in the outbox. `at` is when it was sent by the machine's clock, UTC."""

    key: str
    at: datetime
    to: str
    sender: str
    subject: str
    message: Parsed

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


def keys() -> list[str]:
    """Which letters there are, newest first."""
    return [path.stem for path in _files()]


def letter(key: str) -> Kept | None:
    """One letter; nothing for a key that is none or whose letter is gone."""
    path = _folder() / f"{key}.eml"
    if not KEY.fullmatch(key) or not path.is_file():
        return None
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    return Kept(
        key=key,
        at=datetime.fromtimestamp(int(key.partition("-")[0]) / NANOSECONDS, UTC),
        to=str(message["To"] or ""),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or "").strip(),
        message=message,
    )


def _files() -> list[Path]:
    return sorted(_folder().glob("*.eml"), reverse=True)


def _folder() -> Path:
    return Path(settings.MAIL_OUTBOX_DIR)
