"""What every page's template knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.models import User
from arbitration.queries.desk import waiting_count
from core import clock
from core.money import Money
from finance.queries import header_balance, questioned_for
from finance.queries.batches import approves, waiting_batches
from finance.queries.offline import waiting_payments
from marketplace.devtools.demo import people
from marketplace.devtools.machine import LEAPS
from marketplace.pulse import Pulse, pulse
from notifications.queries import unread_count


def site(request: HttpRequest) -> dict[str, Any]:
    """What the header and the foot show.

    What costs a query is a function, which templates call by naming it: a fragment that does not show it does not
    pay for it, and a page that shows it twice pays once.
    """
    user = getattr(request, "user", None)  # missing where a request was refused before its user was known

    @cache
    def now() -> datetime:
        return clock.now()

    @cache
    def unread() -> int:
        return unread_count(user) if isinstance(user, User) else 0

    @cache
    def balance() -> Money | None:
        return header_balance(user) if isinstance(user, User) else None

    @cache
    def life() -> Pulse:
        return pulse(now())

    tools = {"leaps": LEAPS, "demo_people": cache(people)} if settings.DEV_TOOLS else {}
    return tools | {
        "site_name": settings.SITE_NAME,
        "dev_tools": settings.DEV_TOOLS,
        "support_email": settings.SUPPORT_EMAIL,
        "request_id": getattr(request, "id", ""),
        "now": now,
        "unread_count": unread,
        "header_balance": balance,
        "pulse": life,
        **waiting_for(user),
    }


def waiting_for(user: object) -> dict[str, Callable[[], int | None]]:
    """What waits for a member of staff, by desk: nothing where this person decides nothing."""

    @cache
    def at_the_desk() -> int | None:
        # Only staff are asked for: looking up the permissions of everybody would cost each page two queries.
        return waiting_count(user) if isinstance(user, User) and user.is_staff else None

    @cache
    def at_the_payout_desk() -> int | None:
        return waiting_batches() if isinstance(user, User) and approves(user) else None

    @cache
    def announced() -> int | None:
        return waiting_payments(user) if isinstance(user, User) else None

    @cache
    def being_checked() -> int | None:
        return questioned_for(user) if isinstance(user, User) else None

    return {
        "desk_waiting": at_the_desk,
        "payouts_waiting": at_the_payout_desk,
        "announced_waiting": announced,
        "payments_checked": being_checked,
    }
