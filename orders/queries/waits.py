"""Who of an order waits for the other's answer, since when, and from when that is a reason to cancel (CAN-04, CAN-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from orders.models import Dispute, Order, Policy, Status
from orders.rules import Terms


@dataclass(frozen=True)
class Wait:
    """One side's wait in the viewer's words; `mine` when it is the viewer who should answer."""

    text: str
    mine: bool
    is_reason: bool


def waits(order: Order, viewer: User, now: datetime) -> list[Wait]:
    """At most one for each side of an open order."""
    if not order.is_open:
        return []
    pairs = [
        (order.buyer, order.seller, order.buyer_waits_since, order.policy == Policy.CANCELLATION),
        (order.seller, order.buyer, order.seller_waits_since, order.status == Status.IN_WORK),
    ]
    may_cancel = order.dispute == Dispute.NONE
    return [
        _wait(order, who, whom, since, viewer, now, counts=counts and may_cancel)
        for who, whom, since, counts in pairs
        if since is not None
    ]


def _wait(order: Order, who: User, whom: User, since: datetime, viewer: User, now: datetime, *, counts: bool) -> Wait:
    silent_at = since + Terms(**order.terms).silent_after
    facts = {
        "who": who.shown_name,
        "whom": whom.shown_name,
        "since": formats.moment(since),
        "from": formats.moment(silent_at),
    }
    if viewer.pk == who.pk:
        text = _("You have been waiting for an answer from %(whom)s since %(since)s.")
        later = _("From %(from)s on you may give this as the reason for canceling.")
        now_it_is = _("You may give this as the reason for canceling now.")
    elif viewer.pk == whom.pk:
        text = _("%(who)s has been waiting for your answer since %(since)s.")
        later = _("From %(from)s on %(who)s may give this as the reason for canceling.")
        now_it_is = _("%(who)s may give this as the reason for canceling now.")
    else:
        text = _("%(who)s has been waiting for an answer from %(whom)s since %(since)s.")
        later = _("From %(from)s on this is a reason for canceling.")
        now_it_is = _("This is a reason for canceling now.")
    is_reason = counts and silent_at <= now
    words = f"{text} {now_it_is if is_reason else later}" if counts else text
    return Wait(words % facts, viewer.pk == whom.pk, is_reason)
