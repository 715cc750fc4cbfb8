"""What both sides of an order are told (ORD-03): each event's reaction, run once after it was committed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.text import Truncator

from accounts.models import User
from core.models import Event
from notifications.steps import tell
from orders.models import Checkout, Message, Order
from orders.rules import QUOTED_MOST, Terms


def placed(event: Event) -> None:
    """To both: the seller has a new order, in the center and by mail at once (ORD-03)."""
    order = _order(event)
    due = {"due_at": _iso(event.at + Terms(**order.terms).start_within)}
    _tell(order, order.seller, event, amount_cents=order.seller_share.cents, **due)
    _tell(order, order.buyer, event, amount_cents=order.total.cents, **due)


def briefed(event: Event) -> None:
    """To the seller: information for the work has come (ORD-04)."""
    order = _order(event)
    _tell(order, order.seller, event)


def written(event: Event) -> None:
    """To the other side: what was written (ORD-13)."""
    order = _order(event)
    _tell(order, order.seller if event.by_id == order.buyer_id else order.buyer, event, text=_quoted(event))


def started(event: Event) -> None:
    """To the buyer: work has started and is due by the deadline (ORD-06)."""
    order = _order(event)
    _tell(order, order.buyer, event, due_at=_iso(order.deadline))


def expired(event: Event) -> None:
    """To both: the deadline has passed (ORD-07)."""
    order = _order(event)
    for user in (order.buyer, order.seller):
        _tell(order, user, event, due_at=_iso(order.deadline))


def delivered(event: Event) -> None:
    """To the buyer: accept or return by then, else the order completes by itself (ORD-08)."""
    order = _order(event)
    _tell(order, order.buyer, event, due_at=_iso(event.at + Terms(**order.terms).review_within))


def returned(event: Event) -> None:
    """To the seller: what should be changed, and the deadline as it is now (ORD-09)."""
    order = _order(event)
    _tell(order, order.seller, event, due_at=_iso(order.deadline), text=_quoted(event))


def completed(event: Event) -> None:
    """To both: the seller is paid (ORD-11)."""
    order = _order(event)
    for user in (order.buyer, order.seller):
        _tell(order, user, event, amount_cents=order.seller_share.cents, automatic=event.by_id is None)


def canceled(event: Event) -> None:
    """To both: why, and that the buyer has the money back (CAN-16)."""
    order = _order(event)
    for user in (order.buyer, order.seller):
        _tell(order, user, event, amount_cents=order.total.cents, cause=event.facts.get("cause", ""))


def checkout_stopped(event: Event) -> None:
    """To the buyer: the money came, but the order could not place itself (ORD-01)."""
    checkout = Checkout.objects.select_related("buyer", "kwork").get(pk=event.subject_id)
    facts = {"title": checkout.kwork.title, "text": checkout.problem}
    tell(checkout.buyer, event=event, kind=event.kind, url=checkout.get_absolute_url(), facts=facts)


def _order(event: Event) -> Order:
    return Order.objects.select_related("buyer", "seller").get(pk=event.subject_id)


def _tell(order: Order, user: User, event: Event, **facts: Any) -> None:
    is_buyer = user.pk == order.buyer_id
    about = {
        "side": "buyer" if is_buyer else "seller",
        "number": order.number,
        "title": order.title,
        "other": (order.seller if is_buyer else order.buyer).shown_name,
    }
    tell(user, event=event, kind=event.kind, url=order.get_absolute_url(), facts=about | facts)


def _quoted(event: Event) -> str:
    text = Message.objects.filter(pk=event.facts.get("message")).values_list("text", flat=True).first()
    return Truncator(text or "").chars(QUOTED_MOST)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
