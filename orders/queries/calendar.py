"""The running deadlines of all of a user's open orders, as moments of a calendar (ORD-12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from core.calendars import Moment
from orders.models import OPEN_STATUSES, Order
from orders.moves import Actor
from orders.queries.clocks import Clock, consequences
from orders.queries.whose import orders_of

ORDERS_MOST = 500  # the newest; what a calendar program reads every quarter of an hour must stay small


def moments(user: User, now: datetime) -> Iterator[Moment]:
    """One for each deadline that runs, in the words of the order's own page."""
    for order in orders_of(user).filter(status__in=OPEN_STATUSES).order_by("-id")[:ORDERS_MOST]:
        seen: dict[str, int] = {}
        for clock in consequences(order, user, now):
            if clock.at is None or clock.past:
                continue
            seen[clock.key] = place = seen.get(clock.key, 0) + 1
            yield _moment(order, clock, clock.key if place == 1 else f"{clock.key}-{place}")


def _moment(order: Order, clock: Clock, name: str) -> Moment:
    assert clock.at is not None
    url = f"{settings.SITE_URL}{order.get_absolute_url()}"
    host = settings.SITE_URL.split("://")[-1].split("/")[0].split(":")[0]
    title = f"{clock.label} · {order.title}"
    consequence = clock.consequence and f"{_('If nobody acts:')} {clock.consequence}"
    lines = [_("Order %(number)s") % {"number": order.number}, _who(order, clock), consequence, url]
    return Moment(f"{order.number}-{name}@{host}", clock.at, title, "\n".join(filter(None, lines)), url)


def _who(order: Order, clock: Clock) -> str:
    if clock.mine:
        return _("It is your turn.")
    names = {Actor.BUYER: order.buyer.shown_name, Actor.SELLER: order.seller.shown_name}
    name = names.get(clock.actor) if clock.actor else None
    return _("It is the turn of %(name)s.") % {"name": name} if name else ""
