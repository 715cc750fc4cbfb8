"""Where an order's money is, for the viewer's side of it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.money import ZERO, Money
from finance import escrow, ledger
from orders.models import Order, Status
from orders.moves import Actor
from orders.steps.moving import actor_of

Fact = tuple[str, str]


def money_box(order: Order, viewer: User) -> list[Fact]:
    """The order's money as (words, amount), whole for both sides: paid, held, received and taken (ESC-01, ESC-02)."""
    actor = actor_of(order, viewer)
    if actor is Actor.SELLER:
        facts = [(_("Paid by the buyer"), formats.money(order.total))]
    else:
        facts = [(_("Price"), formats.money(order.total)), *_origins(order)]
    if order.is_open:
        facts.append((_("Held in escrow"), formats.money(escrow.held_in(order.escrow_key))))
    if order.status in (Status.CANCELED, Status.SPLIT):
        facts.append((_("Refunded"), formats.money(order.outcome.refunded)))
    if order.status != Status.CANCELED:
        facts.append((_("Commission, taken of the price"), formats.money(_commission(order))))
        facts.append((_receives(order, actor), formats.money(_share(order))))
    return facts


def _share(order: Order) -> Money:
    """What the seller gets, or has got."""
    return order.seller_share if order.status != Status.SPLIT else order.outcome.paid


def _receives(order: Order, actor: Actor | None) -> str:
    if actor is Actor.SELLER:
        return _("You will receive") if order.is_open else _("You received")
    return _("The seller will receive") if order.is_open else _("Paid to the seller")


def _commission(order: Order) -> Money:
    """Of the whole price, or of the part of it that was not refunded."""
    if order.status != Status.SPLIT:
        return order.commission
    return order.total - order.outcome.refunded - order.outcome.paid


def _origins(order: Order) -> list[Fact]:
    taken = escrow.origins(order.escrow_key, order.buyer)
    names = {
        ledger.main_of(order.buyer): _("Paid from the main balance"),
        ledger.bonus_of(order.buyer): _("Paid from the bonus balance"),
    }
    return [(names[place], formats.money(amount)) for place, amount in taken.items() if amount > ZERO]
