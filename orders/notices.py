"""What both sides of an order are told (ORD-03): each event's reaction, run once after it was committed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.text import Truncator

from accounts.models import User
from core import formats
from core.models import Event
from finance import notices as finance_notices
from finance.models import OfflinePayment
from notifications.steps import tell
from orders.models import Checkout, Message, Order, Policy
from orders.queries.choices import coverable
from orders.rules import CAUSES, QUOTED_MOST, Terms


def placed(event: Event) -> None:
    """To both: the seller has a new order, in the center and by mail at once (ORD-03)."""
    order = order_of(event)
    due = {"due_at": _iso(event.at + Terms(**order.terms).start_within)}
    tell_side(order, order.seller, event, amount_cents=order.seller_share.cents, **due)
    tell_side(order, order.buyer, event, amount_cents=order.total.cents, **due)


def briefed(event: Event) -> None:
    """To the seller: information for the work has come (ORD-04)."""
    order = order_of(event)
    tell_side(order, order.seller, event)


def written(event: Event) -> None:
    """To the other side: what was written (ORD-13)."""
    order = order_of(event)
    tell_side(order, order.seller if event.by_id == order.buyer_id else order.buyer, event, text=_quoted(event))


def started(event: Event) -> None:
    """To the buyer: work has started and is due by the deadline (ORD-06)."""
    order = order_of(event)
    tell_side(order, order.buyer, event, due_at=_iso(order.deadline))


def expired(event: Event) -> None:
    """To both: the deadline has passed (ORD-07)."""
    order = order_of(event)
    for user in (order.buyer, order.seller):
        tell_side(order, user, event, due_at=_iso(order.deadline))


def delivered(event: Event) -> None:
    """To the buyer: accept or return by then, else the order completes by itself (ORD-08)."""
    order = order_of(event)
    due = event.at + Terms(**order.terms).review_within
    # While a dispute lasts the review stands still, and nobody knows its end yet (CAN-17).
    tell_side(order, order.buyer, event, due_at=_iso(due) if event.facts.get("review_runs", True) else None)


def returned(event: Event) -> None:
    """To the seller: what should be changed, and the deadline as it is now (ORD-09)."""
    order = order_of(event)
    tell_side(order, order.seller, event, due_at=_iso(order.deadline), text=_quoted(event))


def reminded(event: Event) -> None:
    """To the buyer: the work waits for the information (CAN-09)."""
    order = order_of(event)
    tell_side(order, order.buyer, event)


def policy_changed(event: Event) -> None:
    """To both: staff have changed how the order can be left (REV-02)."""
    order = order_of(event)
    for user in (order.buyer, order.seller):
        tell_side(order, user, event, rejection=event.facts["policy"] == Policy.REJECTION)


def idle(event: Event) -> None:
    """To both, 3 days and 1 day before: nothing happens, and the order will be canceled (ORD-10)."""
    order = order_of(event)
    again = formats.elapsed(Terms(**order.terms).idle_after)
    for user in (order.buyer, order.seller):
        tell_side(order, user, event, due_at=event.facts["due_at"], again=again)


def offered(event: Event) -> None:
    """To the buyer: the seller offers more, or takes the offer back (ORD-14)."""
    order = order_of(event)
    _tell_of_offer(order, order.buyer, event)


def offer_answered(event: Event) -> None:
    """To the seller: the buyer accepted or declined an offer (ORD-14)."""
    order = order_of(event)
    _tell_of_offer(order, order.seller, event)


def completed(event: Event) -> None:
    """To both: the seller is paid (ORD-11)."""
    order = order_of(event)
    for user in (order.buyer, order.seller):
        tell_side(
            order,
            user,
            event,
            amount_cents=order.seller_share.cents,
            automatic=event.by_id is None,
            **_ending(order, event),
        )


def canceled(event: Event) -> None:
    """To both: why, what it does to rating and feedback, and that the buyer has the money back (CAN-16)."""
    order = order_of(event)
    for user in (order.buyer, order.seller):
        tell_side(order, user, event, amount_cents=order.total.cents, **_ending(order, event))


def split(event: Event) -> None:
    """To both: how the money was shared (ARB-04, ARB-07, REV-05)."""
    order = order_of(event)
    parts = {order.buyer: event.facts["refunded_cents"], order.seller: event.facts["paid_cents"]}
    for user, cents in parts.items():
        tell_side(order, user, event, amount_cents=cents, **_ending(order, event))


def checkout_stopped(event: Event) -> None:
    """To the buyer: the money came, but the order could not place itself (ORD-01)."""
    checkout = Checkout.objects.select_related("buyer", "kwork").get(pk=event.subject_id)
    facts = {"title": checkout.kwork.title, "text": checkout.problem}
    tell(checkout.buyer, event=event, kind=event.kind, url=checkout.get_absolute_url(), facts=facts)


def payment_received(event: Event) -> None:
    """To the payer of an announced payment: it is on the balance, which now covers a choice that waits (PAY-01, ORD-01)."""
    payer = OfflinePayment.objects.select_related("user").get(pk=event.subject_id).user
    choice = coverable(payer, event.at)
    if choice is None:
        finance_notices.offline_received(event)
    else:
        finance_notices.offline_received(event, url=choice.get_absolute_url(), choice=choice.kwork.title)


def order_of(event: Event) -> Order:
    """The order that an event is about, with both sides."""
    return Order.objects.select_related("buyer", "seller").get(pk=event.subject_id)


def tell_side(order: Order, user: User, event: Event, **facts: Any) -> None:
    """Tell one side of an order; `facts` are those of the notice's words besides number, title and the other's name."""
    is_buyer = user.pk == order.buyer_id
    about = {
        "side": "buyer" if is_buyer else "seller",
        "number": order.number,
        "title": order.title,
        "other": (order.seller if is_buyer else order.buyer).shown_name,
    }
    tell(user, event=event, kind=event.kind, url=order.get_absolute_url(), facts=about | facts)


def _tell_of_offer(order: Order, user: User, event: Event) -> None:
    tell_side(order, user, event, offer=event.facts["title"], amount_cents=event.facts["amount_cents"])


def _ending(order: Order, event: Event) -> dict[str, Any]:
    """How an order ended, as facts for the words: the cause, who ended it, rating and feedback."""
    by = {None: "clock", order.buyer_id: "buyer", order.seller_id: "seller"}.get(event.by_id, "staff")
    cause = str(event.facts.get("cause", ""))
    return {
        "cause": cause,
        "reason": str(CAUSES.get(cause, "")),
        "by": by,
        "lowers": bool(event.facts.get("lowers_seller")),
        "feedback": bool(event.facts.get("feedback")),
        "text": quoted(event.facts.get("text")),
    }


def quoted(text: str | None) -> str:
    """What somebody wrote, as far as a notice quotes it."""
    return Truncator(text or "").chars(QUOTED_MOST)


def _quoted(event: Event) -> str:
    text = Message.objects.filter(pk=event.facts.get("message")).values_list("text", flat=True).first()
    return quoted(text)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
