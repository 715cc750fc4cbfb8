"""The payment sandbox's own controls, for the tools of development: its clock, and a new beginning.

Only the sandbox on this machine is ever asked: whatever else the site is told to pay through is left alone.
"""

from __future__ import annotations

import json
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

PATIENCE = 10.0  # seconds
TEST_KEY = "sk_test_"


class NotMoved(Exception):
    """The sandbox did not answer, or not as a sandbox does."""


def is_used() -> bool:
    """Whether this is a development site that pays through a sandbox on this machine."""
    return settings.DEV_TOOLS and settings.STRIPE_SECRET_KEY.startswith(TEST_KEY) and _is_here(_base())


def move_clock_to(ahead: timedelta) -> None:
    """Let the sandbox's clock be so far ahead, if it is not so already, and let happen there what is due by then.

    Raises NotMoved. Told as a whole and not by how much, so that one who missed a leap makes up for it at the next.
    """
    _told("clock", {"offset": int(ahead.total_seconds())})


def begin_anew(openings: Path) -> None:
    """Let the sandbox forget everything and begin with this file of openings, if it is the one it was started with.

    Raises NotMoved.
    """
    _told("begin", {"openings": str(openings)})


def _base() -> SplitResult:
    return urlsplit(str(settings.STRIPE_API_BASE))


def _is_here(base: SplitResult) -> bool:
    if base.scheme != "http":
        return False
    try:
        return base.hostname == "localhost" or ip_address(base.hostname or "").is_loopback
    except ValueError:
        return False


def _told(verb: str, body: dict[str, object]) -> None:
    if not is_used():
        raise NotMoved("The site does not pay through a sandbox on this machine.")
    base = _base()
    connection = HTTPConnection(base.hostname or "", base.port, timeout=PATIENCE)
    try:
        connection.request("POST", f"/_control/{verb}", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
    except (OSError, HTTPException) as error:
        raise NotMoved(str(error)) from error
    finally:
        connection.close()
    if answer.status != 200:
        raise NotMoved(f"{answer.status} {said[:500].decode('utf-8', 'replace')}")
