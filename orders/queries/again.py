"""Ordering the same again (ORD-15): which of it the kwork still offers, at today's prices."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from kworks.models import Extra
from kworks.rules import QUANTITY_MOST
from orders.models import OfferStatus, Order
from orders.steps.checkout import is_on_sale


@dataclass(frozen=True)
class Again:
    """The order form's address filled with what is still offered; `gone` are extras that are not, `further` kworks
    that were bought inside the order and can only be ordered by themselves."""

    on_sale: bool
    url: str
    gone: list[str]
    further: list[str]


def again(order: Order) -> Again:
    """The order's kwork, quantity and extras as they can be ordered now; extras are known by their titles."""
    accepted = order.offers.filter(status=OfferStatus.ACCEPTED, kwork__isnull=False)
    further = list(accepted.values_list("title", flat=True))
    wanted: dict[str, int] = {}
    bought = list(further)
    for line in order.lines.all():
        if line.title in bought:
            bought.remove(line.title)
        else:
            wanted[line.title] = min(wanted.get(line.title, 0) + line.quantity, QUANTITY_MOST)
    offered = {extra.title: extra.pk for extra in Extra.objects.filter(kwork=order.kwork_id)}
    chosen = {f"extra-{offered[title]}": count for title, count in wanted.items() if title in offered}
    query = urlencode({"quantity": order.quantity, **chosen})
    url = f"{reverse('order-form', args=[order.kwork_id])}?{query}"
    return Again(is_on_sale(order.kwork), url, [title for title in wanted if title not in offered], further)
