"""Calendars as RFC 5545 has them: line ends, folding, escapes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from core.calendars import LINE_BYTES, Moment, calendar

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _written(**more: str) -> str:
    given = {"uid": "1@here", "title": "Due", "text": "Soon", "url": "https://example.org/1/"} | more
    return calendar("Mine", "-//Here//EN", [Moment(at=NOW, **given)], now=NOW)


def test_every_line_ends_as_the_standard_says_and_is_short() -> None:
    text = _written(title="Прощай, ярость: " * 20, text="\U0001f389" * 100)
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    lines = text.encode().split(b"\r\n")
    assert max(map(len, lines)) <= LINE_BYTES
    for line in lines:
        line.decode()  # no character is cut in two
    assert "Прощай\\, ярость: " * 20 in text.replace("\r\n ", "")


def test_what_has_a_meaning_of_its_own_is_escaped() -> None:
    text = _written(title="a, b; c\\d", text="one\r\ntwo\nEND:VCALENDAR")
    assert "SUMMARY:a\\, b\\; c\\\\d\r\n" in text
    assert "DESCRIPTION:one\\ntwo\\nEND:VCALENDAR\r\n" in text
    assert text.count("\r\nEND:VCALENDAR") == 1


def test_times_are_written_in_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5)))
    text = calendar("Mine", "-//Here//EN", [Moment("1", there, "Due", "", "https://example.org/")], now=there)
    assert "DTSTART:20260302T090000Z\r\n" in text
    assert "DTSTAMP:20260302T090000Z\r\n" in text
