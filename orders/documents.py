"""The invoice of an order that was paid for (FIN-05)."""

from __future__ import annotations

from core.models import Event
from core.money import Money
from finance import escrow, ledger
from finance.documents import issuing
from finance.documents.paper import number_of
from finance.models import Document, DocumentKind
from orders.models import Order


def invoice_for(event: Event) -> None:
    """An order was completed or settled with a split: its invoice, unless all of it went back to the buyer."""
    order = Order.objects.select_related("buyer", "seller", "outcome").get(pk=event.subject_id)
    if order.outcome.refunded < order.total:
        issuing.issue(
            DocumentKind.INVOICE,
            reference(order),
            user=order.buyer,
            other=order.seller,
            facts=_facts(order, order.outcome.refunded),
            now=event.at,
        )


def invoice_of(order: Order) -> tuple[str, Document] | None:
    """The order's invoice with its number as people write it; nothing while there is none."""
    found = None if order.is_open else issuing.find(DocumentKind.INVOICE, reference(order))
    return (number_of(found), found) if found else None


def reference(order: Order) -> str:
    """By which the invoice of an order is found."""
    return f"order:{order.pk}"


def _facts(order: Order, refunded: Money) -> issuing.Facts:
    assert order.ended_at is not None
    taken = escrow.origins(order.escrow_key, order.buyer)
    return {
        "seller": issuing.party(order.seller),
        "buyer": issuing.party(order.buyer),
        "order": order.number,
        "placed_at": order.placed_at.isoformat(),
        "ended_at": order.ended_at.isoformat(),
        "lines": _lines(order),
        "total": order.total.cents,
        "from_main": taken[ledger.main_of(order.buyer)].cents,
        "from_bonus": taken[ledger.bonus_of(order.buyer)].cents,
        "refunded": refunded.cents,
    }


def _lines(order: Order) -> list[issuing.Facts]:
    ordered = [(order.title, order.quantity, order.unit_price)]
    ordered += [(line.title, line.quantity, line.price) for line in order.lines.order_by("id")]
    return [
        {"what": what, "quantity": quantity, "each": each.cents, "sum": (each * quantity).cents}
        for what, quantity, each in ordered
    ]
