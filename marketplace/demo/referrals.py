"""Who of the demo came by whose link: a few, so that the referral pages have something to show."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from referrals.cookies import CameBy
from referrals.steps import joining, links

BROUGHT = {"bea": ("ines_paints", "hollyw", "graham_b"), "sam": ("mila_p",)}
JOINED = timedelta(days=217)  # before the demo's first kwork
CLICKS = 90
SEED = "referrals"


def bring(people: dict[str, User], now: datetime) -> None:
    """Let these newcomers have registered through a link, one a day, after some clicks that led to nothing."""
    chance = Random(SEED)  # noqa: S311 - the same demo each time
    begun = now - JOINED
    for referrer, logins in BROUGHT.items():
        link = links.own_link(people[referrer], now=begun)
        for _click in range(CLICKS // len(BROUGHT)):
            links.count_click(link, now=begun + JOINED * chance.random())
        for place, login in enumerate(logins):
            _join(people[login], CameBy(link.code, begun, own=False), begun + timedelta(days=place * 0.4))


def _join(newcomer: User, came_by: CameBy, at: datetime) -> None:
    newcomer.date_joined = at
    newcomer.save(update_fields=["date_joined"])
    newcomer.acceptances.update(at=at)
    joining.attach(newcomer, came_by, now=at)
