"""The clocks of an order: who must act until when, and what happens to money and rating if nobody does (ORD-12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core import formats
from orders.models import Dispute, Order, Status
from orders.moves import Actor
from orders.rules import Terms
from orders.steps.moving import actor_of

SOON = timedelta(hours=6)


@dataclass(frozen=True)
class Clock:
    """One deadline in words for one viewer. Without `at` it does not run, and `stands` says why; `actor` must act."""

    label: str
    at: datetime | None = None
    consequence: str = ""
    actor: Actor | None = None
    mine: bool = False
    past: bool = False
    tone: str = ""
    stands: str = ""


Wording = Callable[[Order, User, datetime], list[Clock]]
_disputes: dict[Dispute, Wording] = {}


def install(disputes: Mapping[Dispute, Wording]) -> None:
    """Say who words the clock of each dispute; the project does this once at start (marketplace/slots.py)."""
    _disputes.clear()
    _disputes.update(disputes)


def consequences(order: Order, viewer: User, now: datetime) -> list[Clock]:
    """The clocks of an open order in the viewer's words, the one that decides next first; none once it is over."""
    wording = _disputes.get(Dispute(order.dispute))
    return [*(wording(order, viewer, now) if wording else []), *_own(order, viewer, now)]


def _own(order: Order, viewer: User, now: datetime) -> list[Clock]:
    actor = actor_of(order, viewer)
    match order.status:
        case Status.PLACED:
            return [_start(order, actor, now), _lead_time_before_work(order, actor, now)]
        case Status.IN_WORK:
            return [_deadline(order, actor, now)]
        case Status.DELIVERED:
            return [_review(order, actor, now), _lead_time_in_review(order)]
    return []


def lead_time(hours: int) -> str:
    """Elapsed hours in days, with the half days that further units add: 4 days, 4 days 12 hours."""
    days, rest = divmod(hours, 24)
    words = [formats.days(days)] if days else []
    if rest:
        words.append(ngettext("%(count)s hour", "%(count)s hours", rest) % {"count": rest})
    return " ".join(words)


def in_words(terms: Terms) -> dict[str, str]:
    """The terms of an order, written out for its pages."""
    return {
        "start_within": formats.elapsed(terms.start_within),
        "review_within": formats.elapsed(terms.review_within),
        "mistake_within": formats.elapsed(terms.mistake_within),
        "percent": number_format(terms.commission_basis_points // 100),
    }


def _start(order: Order, actor: Actor | None, now: datetime) -> Clock:
    names = _names(order)
    if actor is Actor.SELLER:
        label = _("You start working")
        money = _("The order is canceled by itself and %(total)s goes back to %(buyer)s.") % names
    elif actor is Actor.BUYER:
        label = _("%(seller)s starts working") % names
        money = _("The order is canceled by itself and %(total)s returns to your balance.") % names
    else:
        label = _("%(seller)s starts working") % names
        money = _("The order is canceled by itself and %(total)s goes back to %(buyer)s.") % names
    return _running(label, order.start_due_at, f"{money} {_rating(order, actor)}", Actor.SELLER, actor, now)


def _deadline(order: Order, actor: Actor | None, now: datetime) -> Clock:
    names = _names(order)
    label = _("You deliver the result") if actor is Actor.SELLER else _("%(seller)s delivers the result") % names
    if order.is_expired(now):
        what = _("The order stays Expired and its money in escrow. Work and delivery can go on.")
    else:
        what = _("The order shows as Expired. Its money stays in escrow; work and delivery can go on.")
    way_out = _way_out(order, actor, now)
    return _running(label, order.deadline, f"{what} {way_out} {_rating(order, actor)}", Actor.SELLER, actor, now)


def _way_out(order: Order, actor: Actor | None, now: datetime) -> str:
    """An Expired order can be canceled by its buyer at once (CAN-02)."""
    expired = order.is_expired(now)
    if actor is Actor.BUYER:
        return _("You may cancel at once.") if expired else _("You may then cancel at once.")
    words = _("%(buyer)s may cancel at once.") if expired else _("%(buyer)s may then cancel at once.")
    return words % _names(order)


def _review(order: Order, actor: Actor | None, now: datetime) -> Clock:
    names = _names(order)
    if actor is Actor.BUYER:
        label = _("You accept the result or return it")
    else:
        label = _("%(buyer)s accepts the result or returns it") % names
    if actor is Actor.SELLER:
        what = _("The order completes by itself and you receive %(share)s.") % names
    else:
        what = _("The order completes by itself and %(seller)s receives %(share)s.") % names
    if _delivered_late(order):
        what = f"{what} {_rating(order, actor)}"
    return _running(label, order.review_due_at, what, Actor.BUYER, actor, now)


def _lead_time_before_work(order: Order, actor: Actor | None, now: datetime) -> Clock:
    if order.deadline:
        return _deadline(order, actor, now)
    label = _("Lead time: %(time)s") % {"time": lead_time(order.lead_hours)}
    names = _names(order)
    if actor is Actor.BUYER:
        why = _("It starts when you send the information or %(seller)s starts working, whichever is first.") % names
    elif actor is Actor.SELLER:
        why = _("It starts when %(buyer)s sends the information or you start working, whichever is first.") % names
    else:
        why = _("It starts when the information is sent or the work starts, whichever is first.")
    return Clock(label, stands=why)


def _lead_time_in_review(order: Order) -> Clock:
    label = _("Lead time: %(time)s") % {"time": lead_time(order.lead_hours)}
    if _delivered_late(order) or order.deadline is None or order.delivered_at is None:
        return Clock(label, stands=_("It had passed before the delivery."))
    left = _left(order.deadline - order.delivered_at)
    return Clock(label, stands=_("It stands still during the review. Left after a return: %(left)s.") % {"left": left})


def _left(span: timedelta) -> str:
    hours = int(span.total_seconds()) // 3600
    return lead_time(hours) if hours else _("less than an hour")


def _delivered_late(order: Order) -> bool:
    return order.deadline is not None and order.delivered_at is not None and order.deadline <= order.delivered_at


def _running(
    label: str, at: datetime | None, consequence: str, who: Actor, viewer: Actor | None, now: datetime
) -> Clock:
    if at is None:
        return Clock(label, stands=_("It does not run at the moment."))
    past, mine = at <= now, who is viewer
    tone = "caution" if mine and at - now <= SOON else ""
    return Clock(label, at, consequence, who, mine, past, tone)


def _rating(order: Order, actor: Actor | None) -> str:
    """What the delay does to the seller's rating; the clock that runs is always named before it."""
    if actor is Actor.SELLER:
        return _("This counts against your rating.")
    return _("This counts against the rating of %(seller)s.") % _names(order)


def _names(order: Order) -> dict[str, str]:
    return {
        "buyer": order.buyer.shown_name,
        "seller": order.seller.shown_name,
        "total": formats.money(order.total),
        "share": formats.money(order.seller_share),
    }
