"""The clocks of an order: who must act until when, and what happens to money and rating if nobody does (ORD-12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core import formats
from orders.models import Dispute, Order, Policy, Status
from orders.moves import Actor
from orders.rules import IDLE_WARNINGS, Terms
from orders.steps.moving import actor_of

SOON = timedelta(hours=6)
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Clock:
    """One deadline in words for one viewer. Without `at` it does not run, and `stands` says why; `actor` must act.

    `short` is the consequence in the few words that a list has room for, `key` names the clock within its order, and a
    `quiet` one needs no attention yet.
    """

    label: str
    at: datetime | None = None
    consequence: str = ""
    actor: Actor | None = None
    mine: bool = False
    past: bool = False
    tone: str = ""
    stands: str = ""
    short: str = ""
    key: str = "dispute"
    quiet: bool = False


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


def next_clock(order: Order, viewer: User, now: datetime) -> Clock | None:
    """The clock of an open order that runs out first, in the words of a list; it asks the database nothing."""
    clocks = [*_dispute_briefly(order), *_own(order, viewer, now)]
    running = [clock for clock in clocks if clock.at is not None and not clock.past]
    return min(running, key=lambda clock: clock.at or FAR, default=None)


def _own(order: Order, viewer: User, now: datetime) -> list[Clock]:
    actor = actor_of(order, viewer)
    match order.status:
        case Status.PLACED:
            return [_start(order, actor, now), _lead_time_before_work(order, actor, now)]
        case Status.IN_WORK:
            return [_deadline(order, actor, now), _idle(order, actor, now)]
        case Status.DELIVERED:
            return [_review(order, actor, now), _lead_time_in_review(order)]
    return []


def _dispute_briefly(order: Order) -> list[Clock]:
    if order.dispute_due_at is None:
        return []
    label, short = {
        Dispute.REQUEST: (_("Answer to the cancellation"), _("else canceled and refunded")),
        Dispute.REJECTION: (_("Answer to the rejection"), ""),
    }[Dispute(order.dispute)]
    return [Clock(label, order.dispute_due_at, short=short)]


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
        "idle_after": formats.elapsed(terms.idle_after),
        "silent_after": formats.elapsed(terms.silent_after),
        "answer_within": formats.elapsed(terms.answer_within),
        "reject_within": formats.elapsed(terms.reject_within),
        "mediate_within": formats.elapsed(terms.mediate_within),
        "percent": formats.percent(terms.commission_basis_points),
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
    clock = Clock(
        label,
        order.start_due_at,
        f"{money} {_rating(order, actor)}",
        Actor.SELLER,
        short=_("else canceled and refunded"),
        key="start",
    )
    return _running(order, clock, actor, now)


def _deadline(order: Order, actor: Actor | None, now: datetime) -> Clock:
    names = _names(order)
    label = _("You deliver the result") if actor is Actor.SELLER else _("%(seller)s delivers the result") % names
    if order.is_expired(now):
        what = _("The order stays Expired and its money in escrow. Work and delivery can go on.")
    else:
        what = _("The order shows as Expired. Its money stays in escrow; work and delivery can go on.")
    what = f"{what} {_way_out(order, actor, now)} {_rating(order, actor)}"
    if order.dispute not in (Dispute.NONE, Dispute.ARBITRATION):
        what = f"{what} {_('It keeps running while you two disagree.')}"
    clock = Clock(label, order.deadline, what, Actor.SELLER, short=_("else it shows as Expired"), key="deadline")
    if order.dispute == Dispute.ARBITRATION:
        if order.is_expired(now):
            return _standing(clock, _("It had passed before the arbitration."))
        return _standing(clock, _paused_words(order.deadline, order.paused_at))
    return _running(order, clock, actor, now, pauses=False)


def _idle(order: Order, actor: Actor | None, now: datetime) -> Clock:
    """Two weeks without anything from either side end an order in work (ORD-10); everything that is done counts."""
    names = _names(order)
    if actor is Actor.BUYER:
        money = _("The order is canceled by itself and %(total)s returns to your balance.") % names
    else:
        money = _("The order is canceled by itself and %(total)s goes back to %(buyer)s.") % names
    if actor is Actor.SELLER:
        rating = _("It counts as an automatic cancellation against your rating.")
    else:
        rating = _("It counts as an automatic cancellation against the rating of %(seller)s.") % names
    span = {"time": formats.elapsed(Terms(**order.terms).idle_after)}
    anew = _("Any message or step of either side starts the %(time)s anew.") % span
    label = _("Either side writes or does something")
    what = f"{money} {rating} {anew}"
    clock = Clock(label, order.idle_due_at, what, short=_("else canceled and refunded"), key="idle", quiet=True)
    clock = _running(order, clock, actor, now)
    if clock.at is not None and clock.at - now <= IDLE_WARNINGS[0]:
        return replace(clock, quiet=False, tone="caution")
    return clock


def _way_out(order: Order, actor: Actor | None, now: datetime) -> str:
    """An Expired order can be canceled by its buyer at once (CAN-02)."""
    if order.policy == Policy.REJECTION:
        return _("The job can be rejected, as before.")
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
    short = _("else completed and paid")
    return _running(order, Clock(label, order.review_due_at, what, Actor.BUYER, short=short, key="review"), actor, now)


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
    return Clock(label, stands=why, key="deadline")


def _lead_time_in_review(order: Order) -> Clock:
    label = _("Lead time: %(time)s") % {"time": lead_time(order.lead_hours)}
    if _delivered_late(order) or order.deadline is None or order.delivered_at is None:
        return Clock(label, stands=_("It had passed before the delivery."), key="deadline")
    left = _left(order.deadline - order.delivered_at)
    words = _("It stands still during the review. Left after a return: %(left)s.") % {"left": left}
    return Clock(label, stands=words, key="deadline")


def _left(span: timedelta) -> str:
    hours = int(span.total_seconds()) // 3600
    return lead_time(hours) if hours else _("less than an hour")


def _delivered_late(order: Order) -> bool:
    return order.deadline is not None and order.delivered_at is not None and order.deadline <= order.delivered_at


def _running(order: Order, clock: Clock, viewer: Actor | None, now: datetime, *, pauses: bool = True) -> Clock:
    """The clock as it runs for this viewer; one that `pauses` stands still during a dispute (CAN-17)."""
    if clock.at is None:
        return _standing(clock, _("It does not run at the moment."))
    if pauses and order.paused_at is not None:
        return _standing(clock, _paused_words(clock.at, order.paused_at))
    mine = clock.actor is not None and clock.actor is viewer
    tone = "caution" if mine and clock.at - now <= SOON else ""
    return replace(clock, mine=mine, past=clock.at <= now, tone=tone)


def _standing(clock: Clock, why: str) -> Clock:
    return replace(clock, at=None, consequence="", short="", stands=why)


def _paused_words(at: datetime | None, paused_at: datetime | None) -> str:
    if at is None or paused_at is None:
        return _("It does not run at the moment.")
    left = {"left": _left(at - paused_at)}
    return _("It stands still until the disagreement is over, and then goes on. Left: %(left)s.") % left


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
