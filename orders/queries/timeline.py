"""Everything that happened in an order, each event in words, with who did it and the reasons given (ORD-12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from core import events, formats
from core.models import Event
from core.money import Money
from orders.models import OfferStatus, Order, Policy
from orders.rules import CAUSES, QUOTED_MOST

# What the order's two sides are not told: that staff have read it.
BEHIND_THE_SCENES = ("order.read",)


@dataclass(frozen=True)
class Line:
    """One line of the timeline; without an actor the site itself acted. `detail` is the reason that was given."""

    text: str
    at: datetime
    icon: str
    actor: str
    tone: str = ""
    detail: str = ""


def timeline(order: Order) -> list[Line]:
    """Every event that concerns the order's sides, oldest first, with its actor and time."""
    return [_line(order, event) for event in _concerning(order)]


def latest_event(order: Order) -> int:
    """The id of the order's newest event: as long as it stays, the page stays as it is."""
    return _concerning(order).order_by("-id").values_list("id", flat=True).first() or 0


def _concerning(order: Order) -> QuerySet[Event]:
    return events.timeline(order).exclude(kind__in=BEHIND_THE_SCENES)


def _line(order: Order, event: Event) -> Line:
    icon, tone, words = _KINDS.get(event.kind, ("circle-dot", "", lambda _order, event: str(event.kind)))
    actor = event.by.shown_name if event.by else str(_("automatically"))
    detail = Truncator(str(event.facts.get("text") or "")).chars(QUOTED_MOST)
    return Line(words(order, event), event.at, icon, actor, tone, detail)


def _said(words: object) -> Callable[[Order, Event], str]:
    """The same words for every event of a kind."""
    return lambda _order, _event: str(words)


def _numbered(words: object) -> Callable[[Order, Event], str]:
    return lambda _order, event: str(words) % {"number": event.facts.get("number")}


def _offered(words: object) -> Callable[[Order, Event], str]:
    """Words about an offer's title and price."""
    return lambda _order, event: (
        str(words) % {"title": event.facts.get("title", ""), "amount": _cents(event, "amount_cents")}
    )


def _cents(event: Event, name: str) -> str:
    return formats.money(Money(int(event.facts.get(name) or 0)))


def _moment(event: Event) -> str:
    at = parse_datetime(str(event.facts.get("due_at", "")))
    return formats.moment(at) if at else ""


def _placed(order: Order, event: Event) -> str:
    offered = Money.total(offer.total for offer in order.offers.all() if offer.status == OfferStatus.ACCEPTED)
    return _("Ordered. %(total)s is held in escrow.") % {"total": formats.money(order.total - offered)}


def _canceled(order: Order, event: Event) -> str:
    cause = CAUSES.get(str(event.facts.get("cause")))
    facts = {"cause": cause, "total": formats.money(order.total), "buyer": order.buyer.shown_name}
    if cause:
        return _("Canceled: %(cause)s. %(total)s went back to %(buyer)s.") % facts
    return _("Canceled. %(total)s went back to %(buyer)s.") % facts


def _completed(order: Order, event: Event) -> str:
    cause = CAUSES.get(str(event.facts.get("cause")))
    facts = {"cause": cause, "share": formats.money(order.seller_share), "seller": order.seller.shown_name}
    if cause:
        return _("Completed: %(cause)s. %(seller)s was paid %(share)s.") % facts
    return _("Completed. %(seller)s was paid %(share)s.") % facts


def _split(order: Order, event: Event) -> str:
    facts = {
        "cause": CAUSES.get(str(event.facts.get("cause")), ""),
        "refunded": _cents(event, "refunded_cents"),
        "paid": _cents(event, "paid_cents"),
        "buyer": order.buyer.shown_name,
        "seller": order.seller.shown_name,
    }
    return _("Split: %(cause)s. %(refunded)s went back to %(buyer)s, %(seller)s was paid %(paid)s.") % facts


def _idle(_order: Order, event: Event) -> str:
    words = _("Both sides were warned: without a message or step the order is canceled by itself on %(at)s")
    return words % {"at": _moment(event)}


def _cancel_asked(_order: Order, event: Event) -> str:
    facts = {"cause": CAUSES.get(str(event.facts.get("cause")), ""), "at": _moment(event)}
    return _("Cancellation requested: %(cause)s. Without an answer it is confirmed by itself on %(at)s") % facts


def _policy(_order: Order, event: Event) -> str:
    if event.facts.get("policy") == Policy.REJECTION:
        return str(_("The order is now left by rejection and mediation, not by reasons of cancellation"))
    return str(_("The order is now left by reasons of cancellation, not by rejection"))


def _hired(_order: Order, event: Event) -> str:
    facts = {"mediator": event.facts.get("mediator", ""), "fee": _cents(event, "amount_cents")}
    return _("%(mediator)s was hired as mediator for %(fee)s") % facts


def _proposed(_order: Order, event: Event) -> str:
    words = _("Split proposed: %(refunded)s to the buyer, the rest to the seller")
    return words % {"refunded": _cents(event, "refunded_cents")}


def _declined(_order: Order, event: Event) -> str:
    return str(_("Proposed split taken back") if event.facts.get("own") else _("Proposed split declined"))


_KINDS: dict[str, tuple[str, str, Callable[[Order, Event], str]]] = {
    "order.placed": ("shopping-bag", "", _placed),
    "order.briefed": ("clipboard-list", "", _said(_("Information sent"))),
    "order.message": ("message-square", "", _said(_("Message written"))),
    "order.reminded": ("bell", "", _said(_("Buyer reminded of the information for the order"))),
    "order.started": ("play", "", _said(_("Work started"))),
    "order.expired": ("hourglass", "negative", _said(_("The deadline passed: the order is Expired"))),
    "order.delivered": ("package-check", "positive", _numbered(_("Delivery %(number)s"))),
    "order.returned": ("undo-2", "caution", _numbered(_("Return for revision %(number)s"))),
    "order.offered": ("plus", "", _offered(_("Offered: %(title)s for %(amount)s"))),
    "order.offer_accepted": (
        "check",
        "positive",
        _offered(_("Offer accepted: %(title)s. %(amount)s was added to the escrow.")),
    ),
    "order.offer_declined": ("x", "", _offered(_("Offer declined: %(title)s for %(amount)s"))),
    "order.offer_withdrawn": ("undo-2", "", _offered(_("Offer withdrawn: %(title)s for %(amount)s"))),
    "order.policy_changed": ("settings", "", _policy),
    "order.idle": ("bell", "caution", _idle),
    "order.cancel_asked": ("circle-question-mark", "caution", _cancel_asked),
    "order.cancel_declined": ("x", "", _said(_("Cancellation declined: the order goes on"))),
    "order.cancel_withdrawn": ("undo-2", "", _said(_("Request for cancellation withdrawn: the order goes on"))),
    "order.rejected": ("circle-x", "caution", _said(_("Job rejected"))),
    "order.rejection_withdrawn": ("undo-2", "", _said(_("Rejection withdrawn: the order goes on"))),
    "order.mediator_hired": ("handshake", "", _hired),
    "order.mediator_proposed": ("handshake", "", _proposed),
    "order.mediation_ended": ("handshake", "caution", _said(_("Mediation ended without an agreement"))),
    "order.case_opened": ("gavel", "caution", _said(_("Arbitration opened: the timers stand still"))),
    "order.settlement_offered": ("scale", "", _proposed),
    "order.settlement_agreed": ("scale", "", _said(_("Agreed to the proposed split"))),
    "order.settlement_declined": ("scale", "", _declined),
    "order.completed": ("circle-check", "positive", _completed),
    "order.canceled": ("circle-x", "negative", _canceled),
    "order.split": ("scale", "positive", _split),
}
