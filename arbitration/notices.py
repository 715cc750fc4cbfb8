"""What both sides of a dispute are told: each event's reaction, run once after it was committed."""

from __future__ import annotations

from arbitration.models import Case, Mediation
from core.models import Event
from notifications.steps import tell
from orders.notices import order_of, quoted, tell_side
from orders.rules import CAUSES


def asked(event: Event) -> None:
    """To the other side: a request to cancel, and until when to answer it (CAN-15)."""
    order = order_of(event)
    other = order.seller if event.by_id == order.buyer_id else order.buyer
    reason = str(CAUSES[event.facts["cause"]])
    text = quoted(event.facts.get("text"))
    tell_side(order, other, event, reason=reason, due_at=event.facts["due_at"], text=text)


def to_other_side(event: Event) -> None:
    """To the side that did not act: declined, withdrawn, a case opened, a proposal made or answered."""
    order = order_of(event)
    other = order.seller if event.by_id == order.buyer_id else order.buyer
    facts = {name: event.facts[name] for name in ("due_at", "mediator") if name in event.facts}
    if "refunded_cents" in event.facts:
        facts["amount_cents"] = event.facts["refunded_cents"]
    tell_side(order, other, event, text=quoted(event.facts.get("text")), **facts)


def case_opened(event: Event) -> None:
    """To both: the order is in arbitration; the other side is asked for its view (ARB-02)."""
    order = order_of(event)
    for user in (order.buyer, order.seller):
        mine = user.pk == event.by_id
        tell_side(order, user, event, mine=mine, text="" if mine else quoted(event.facts.get("text")))


def to_both_sides(event: Event) -> None:
    """To both: a mediator's proposal, a mediation without agreement (REV-05)."""
    order = order_of(event)
    facts = {"due_at": event.facts.get("due_at")}
    if "refunded_cents" in event.facts:
        facts["amount_cents"] = event.facts["refunded_cents"]
    for user in (order.buyer, order.seller):
        tell_side(order, user, event, text=quoted(event.facts.get("text")), **facts)


def mediator_hired(event: Event) -> None:
    """To the mediator: the order, the fee, the time for a proposal (REV-05)."""
    mediation = Mediation.objects.select_related("mediator__user", "rejection__order").get(pk=event.facts["mediation"])
    order = mediation.rejection.order
    tell(
        mediation.mediator.user,
        event=event,
        kind="mediation.hired",
        url=mediation.get_absolute_url(),
        facts={
            "number": order.number,
            "title": order.title,
            "due_at": event.facts["due_at"],
            "amount_cents": mediation.fee.cents,
        },
    )


def asked_by_support(event: Event) -> None:
    """To the side that support asks (ARB-03)."""
    case = _case(event)
    side = case.order.buyer if event.facts["to"] == "buyer" else case.order.seller
    text = case.entries.get(pk=event.facts["entry"]).text
    tell_side(case.order, side, event, text=quoted(text))


def stated(event: Event) -> None:
    """To the other side: what was stated in arbitration (ARB-02)."""
    case = _case(event)
    other = case.order.seller if event.facts["side"] == "buyer" else case.order.buyer
    text = case.entries.get(pk=event.facts["entry"]).text
    tell_side(case.order, other, event, text=quoted(text))


def _case(event: Event) -> Case:
    return Case.objects.select_related("order__buyer", "order__seller").get(pk=event.subject_id)
