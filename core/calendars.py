"""Calendars as programs read them: iCalendar, RFC 5545."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

CONTENT_TYPE = "text/calendar; charset=utf-8"
LINE_BYTES = 75
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True)
class Moment:
    """Something that is due at a moment. `uid` stays the same as long as it is the same thing."""

    uid: str
    at: datetime
    title: str
    text: str
    url: str


def calendar(name: str, product: str, moments: Iterable[Moment], *, now: datetime) -> str:
    """The whole calendar, its lines folded and ended as the standard says; times are UTC."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{_text(product)}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        *(line for moment in moments for line in _event(moment, now)),
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(moment: Moment, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(moment.uid)}"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"DTSTART:{_utc(moment.at)}"
    yield f"SUMMARY:{_text(moment.title)}"
    yield f"DESCRIPTION:{_text(moment.text)}"
    yield f"URL:{moment.url}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(words: str) -> str:
    return words.translate(_ESCAPED)


def _folded(line: str) -> str:
    """Cut into pieces of at most 75 bytes, never within a character; each further piece begins with a space."""
    pieces, piece, room = [], "", LINE_BYTES
    for character in line:
        size = len(character.encode())
        if size > room:
            pieces.append(piece)
            piece, room = "", LINE_BYTES - 1
        piece, room = piece + character, room - size
    return "\r\n ".join([*pieces, piece])
