"""The order's page, and every step that its two sides take from it (ORD-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import UserRequest
from core import clock
from orders.documents import invoice_of
from orders.forms import WriteForm
from orders.models import MessageKind, OfferStatus, Order, Status
from orders.queries import story
from orders.queries.clocks import consequences, in_words, lead_time
from orders.queries.ended import ended
from orders.queries.money import money_box
from orders.queries.offers import shown, with_offers
from orders.queries.payment import Balances
from orders.queries.timeline import latest_event, timeline
from orders.queries.waits import waits
from orders.queries.whose import orders_seen_by
from orders.rules import SHOWN_AGAIN_EVERY, Terms
from orders.steps.funding import is_being_added
from orders.steps.moving import may
from orders.steps.reading import PAGE, note_reading

VERBS = (
    "send_information",
    "remind",
    "start",
    "deliver",
    "accept",
    "return",
    "write",
    "offer",
    "accept_offer",
    "withdraw_offer",
)


@login_required
@require_safe
def order(request: UserRequest, number: str) -> HttpResponse:
    """Show an order to its two sides, and to staff who read only; asked by the open page itself, only what is new."""
    found = get_object_or_404(orders_seen_by(request.user), number=number)
    note_reading(found, PAGE, by=request.user, now=clock.now())
    if not request.htmx:
        return show(request, found)
    if request.GET.get("seen") == str(latest_event(found)):
        return HttpResponse(status=204)
    response = show(request, found, part="#live")
    response["HX-Trigger"] = "order-changed"
    return response


def show(request: UserRequest, order: Order, *, refused: WriteForm | None = None, part: str = "") -> HttpResponse:
    """Draw the page as the order stands now; `refused` is a form that was not taken, shown with all it holds."""
    viewer, now = request.user, clock.now()
    allowed = {verb: may(order, verb, by=viewer, now=now) for verb in VERBS}
    thread = story.thread(order, viewer)
    prefetch_related_objects([order], with_offers())
    context = {
        "order": order,
        "now": now,
        "expired": order.is_expired(now),
        "side": _side(order, viewer),
        "other": order.seller if viewer.pk == order.buyer_id else order.buyer,
        "steps": story.steps(order),
        "ended": ended(order, viewer),
        "clocks": consequences(order, viewer, now),
        "waits": waits(order, viewer, now),
        "may": {**allowed, "return_": allowed["return"]},
        "may_remind": allowed["remind"] and order.briefed_at is None,
        "forms": _forms(allowed, viewer, refused),
        "asks_information": allowed["send_information"] and not order.briefed_at and order.status != Status.DELIVERED,
        "orphan": refused if refused and not allowed[refused.verb] else None,
        "thread": thread,
        "briefs": [said for said in thread if said.message.kind == MessageKind.BRIEF],
        **_offers(order, viewer, now, answers=allowed["accept_offer"]),
        "timeline": timeline(order),
        "seen": latest_event(order),
        "poll": f"every {int(SHOWN_AGAIN_EVERY.total_seconds())}s, shown-again",
        "money": money_box(order, viewer),
        "invoice": invoice_of(order),
        "lines": list(order.lines.all()),
        "lead": lead_time(order.lead_hours),
        "base": order.unit_price * order.quantity,
        **in_words(Terms(**order.terms)),
        "breadcrumbs": _breadcrumbs(order, viewer),
    }
    return render(request, f"orders/order.html{part}", context)


def _offers(order: Order, viewer: User, now: datetime, *, answers: bool) -> dict[str, Any]:
    """The offers of the order; for the buyer who may answer one also what it would be paid from (ORD-14)."""
    found = shown(order, now)
    waiting = any(each.offer.status == OfferStatus.OPEN for each in found)
    if not (answers and waiting):
        return {"offers": [(each, None) for each in found]}
    balances = Balances.of(viewer)
    asked = [(each, balances.asked(each.offer.total, bonus_first=True)) for each in found]
    return {"offers": asked, "adding": any(each.missing for _shown, each in asked) and is_being_added(order)}


def form_of(verb: str, viewer: User, **given: Any) -> WriteForm:
    """The form with which a text is written for a verb."""
    labels = {
        "send_information": _("Information for the seller"),
        "deliver": _("What you deliver"),
        "return": _("What should be changed, and why"),
        "write": _("Message"),
    }
    return WriteForm(verb, by=viewer, label=labels[verb], **given)


def _forms(allowed: Mapping[str, bool], viewer: User, refused: WriteForm | None) -> dict[str, WriteForm]:
    forms = {
        name: form_of(verb, viewer)
        for name, verb in {
            "information": "send_information",
            "deliver": "deliver",
            "revision": "return",
            "message": "write",
        }.items()
        if allowed[verb]
    }
    return {name: refused if refused and refused.verb == form.verb else form for name, form in forms.items()}


def _side(order: Order, viewer: User) -> str:
    if viewer.pk == order.buyer_id:
        return "buyer"
    return "seller" if viewer.pk == order.seller_id else "staff"


def _breadcrumbs(order: Order, viewer: User) -> list[tuple[str, str]]:
    here = _("Order %(number)s") % {"number": order.number}
    if viewer.pk == order.buyer_id:
        return [(_("My orders"), _list_of("buyer")), (here, "")]
    if viewer.pk == order.seller_id:
        return [(_("Manage orders"), _list_of("seller")), (here, "")]
    return [(here, "")]


def _list_of(role: str) -> str:
    return f"{reverse('orders')}?role={role}"
