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
    """The order's money as (words, amount): what the buyer paid from where, what the seller receives, where it is now."""
    actor = actor_of(order, viewer)
    facts: list[Fact] = []
    if actor is not Actor.SELLER:
        facts += [(_("Price"), formats.money(order.total)), *_origins(order)]
    else:
        facts.append((_("Paid by the buyer"), formats.money(order.total)))
    if actor is not Actor.BUYER and order.status != Status.CANCELED:
        facts.append((_("Commission"), formats.money(-_commission(order))))
    return [*facts, *_now(order, actor)]


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


def _now(order: Order, actor: Actor | None) -> list[Fact]:
    """The box's last lines: where the money is now, or where it went."""
    received = _("You received") if actor is Actor.SELLER else _("Paid to the seller")
    if order.status == Status.CANCELED:
        return [(_("Refunded"), formats.money(order.total))]
    if order.status == Status.COMPLETED:
        return [(received, formats.money(order.seller_share))]
    if order.status == Status.SPLIT:
        outcome = order.outcome
        parts = [(_("Refunded"), formats.money(outcome.refunded)), (received, formats.money(outcome.paid))]
        return list(reversed(parts)) if actor is Actor.BUYER else parts
    if actor is Actor.SELLER:
        return [(_("You will receive"), formats.money(order.seller_share))]
    return [(_("Held in escrow"), formats.money(escrow.held_in(order.escrow_key)))]
