"""What a browser remembers for the referral rules: signed, and without a word about the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from referrals.models import Referrer
from referrals.rules import COOKIE_FOR, MARK_FOR

CAME_BY = "came_by"
SHOWN = "link_shown"
_SALT = "referrals.cookies"


@dataclass(frozen=True)
class CameBy:
    """By which link a browser came; `own` when that link's owner has used the same browser before (REF-05)."""

    code: str
    at: datetime
    own: bool


def came_by(request: HttpRequest, now: datetime) -> CameBy | None:
    """The link that this browser came by, unless that is too long ago (REF-01)."""
    found = _read(request, CAME_BY)
    if found is None or not found.at <= now < found.at + COOKIE_FOR:
        return None
    return found


def remember(response: HttpResponse, referrer: Referrer, *, own: bool, now: datetime) -> None:
    """Let the browser remember for 30 days by whose link it came (REF-01)."""
    _write(response, CAME_BY, CameBy(referrer.code, now, own), COOKIE_FOR.total_seconds())


def forget(response: HttpResponse) -> None:
    """The link has counted, or can no longer count."""
    response.delete_cookie(CAME_BY, samesite="Lax")


def mark(response: HttpResponse, referrer: Referrer, now: datetime) -> None:
    """Let the browser remember that the owner of this link is here (REF-05)."""
    _write(response, SHOWN, CameBy(referrer.code, now, True), MARK_FOR.total_seconds())


def owner_seen(request: HttpRequest, referrer: Referrer) -> datetime | None:
    """When the owner of this link was last known to use this browser; empty when nothing is known of that."""
    found = _read(request, SHOWN)
    return found.at if found is not None and found.code == referrer.code else None


def _write(response: HttpResponse, name: str, value: CameBy, seconds: float) -> None:
    written = signing.dumps([value.code, int(value.at.timestamp()), value.own], salt=f"{_SALT}.{name}")
    response.set_cookie(
        name,
        written,
        max_age=int(seconds),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _read(request: HttpRequest, name: str) -> CameBy | None:
    try:
        code, at, own = signing.loads(request.COOKIES.get(name, ""), salt=f"{_SALT}.{name}")
        return CameBy(code, datetime.fromtimestamp(at, UTC), own)
    except (signing.BadSignature, ValueError, TypeError):
        return None
