"""From a choice to an order: priced anew at the press of the button, paid from the balance (ORD-01, ORD-02)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.events import record
from core.money import Money
from core.refusals import Invalid, NotAllowed, OutOfTurn, Refusal
from finance import escrow
from finance.models import TopUp
from finance.moves import UNFINISHED
from kworks import rules as kwork_rules
from kworks.models import Extra, Kwork, KworkStatus
from orders.models import Checkout, CheckoutStatus, Order, OrderLine
from orders.rules import IDLE_WARNINGS, NUMBER_DIGITS, Terms
from referrals.models import Deed
from referrals.steps import joining


class OfferChanged(Refusal):
    """The price (`total` is today's, in cents) or what is sold for it is no longer what the buyer was shown."""

    def __init__(self, total: Money, *, same_price: bool) -> None:
        if same_price:
            words = _("The kwork has changed since it was shown to you. Look at it and press Order again.")
        else:
            words = _("The price has changed to %(total)s. Look at it and press Order again.") % {
                "total": formats.money(total)
            }
        super().__init__(words)
        self.total = total


@dataclass(frozen=True)
class Quote:
    """What a choice costs and takes today: extras with their quantities, total in cents, lead time in elapsed hours."""

    base: kwork_rules.Line
    extras: tuple[tuple[Extra, int], ...]
    total: Money
    lead_hours: int
    title: str
    volume: str

    @property
    def shown(self) -> dict[str, str | int]:
        """What is sold for the total, as the buyer is shown it and agrees to it."""
        return {"title": self.title, "volume": self.volume, "lead_hours": self.lead_hours}

    @property
    def items(self) -> list[tuple[Extra, int, Money]]:
        """Each extra with its quantity and what it costs in all."""
        return [(extra, count, extra.price * count) for extra, count in self.extras]


def quote(kwork: Kwork, quantity: int, extras: Mapping[str, int]) -> Quote:
    """Price a choice from the kwork as it is on sale now; `extras` maps ids to quantities.

    Refused: a quantity out of bounds, an extra that is no longer offered.
    """
    most = kwork_rules.QUANTITY_MOST
    wanted = {int(key): count for key, count in extras.items() if count}
    if not 1 <= quantity <= most or any(not 0 < count <= most for count in wanted.values()):
        raise Invalid(_("A quantity must be between 1 and %(most)s.") % {"most": most})
    found = {extra.pk: extra for extra in kwork.extras.all()}
    if not wanted.keys() <= found.keys():
        raise Invalid(_("An extra you chose is no longer offered. Look at the kwork and choose again."))
    chosen = tuple((extra, wanted[pk]) for pk, extra in found.items() if pk in wanted)
    base = kwork_rules.Line(kwork.price, quantity, kwork.lead_days)
    lines = [kwork_rules.Line(extra.price, count, extra.days) for extra, count in chosen]
    total, hours = kwork_rules.total(base, lines), kwork_rules.lead_hours(base, lines)
    return Quote(base, chosen, total, hours, kwork.title, kwork.volume)


def changes(checkout: Checkout, priced: Quote) -> dict[str, tuple[Any, Any]]:
    """What differs today from what the buyer was shown: name to old and new (total, title, volume, lead_hours)."""
    old = {"total": checkout.shown_total, **checkout.shown}
    new = {"total": priced.total, **priced.shown}
    return {name: (old[name], new[name]) for name in new if name in old and old[name] != new[name]}


def check_unchanged(checkout: Checkout, priced: Quote) -> None:
    """Refuse with OfferChanged what the buyer was shown differently."""
    differing = changes(checkout, priced)
    if differing:
        raise OfferChanged(priced.total, same_price="total" not in differing)


def choose(
    kwork: Kwork, *, quantity: int, extras: Mapping[str, int], shown_total: Money, token: UUID, by: User, now: datetime
) -> Checkout:
    """Keep the buyer's choice; the same form sent twice is the same choice, sent with another choice it is changed.

    What is ordered or being paid for already stays, and the other choice is kept beside it under a token of its own.
    Refused: one's own kwork, one not on sale.
    """
    check_buyable(kwork, by)
    priced = quote(kwork, quantity, extras)
    content = {
        "kwork": kwork,
        "quantity": quantity,
        "extras": {key: count for key, count in extras.items() if count},
        "shown_total": shown_total,
        "shown": priced.shown,
    }
    with transaction.atomic():
        return _kept(content, token=token, by=by, now=now)


def _kept(content: dict[str, Any], *, token: UUID, by: User, now: datetime) -> Checkout:
    """The choice with this token and content: a new one, the one that was, or that one changed."""
    checkout, made = Checkout.objects.select_for_update().get_or_create(
        token=token, defaults={"buyer": by, "at": now, **content}
    )
    if checkout.buyer_id != by.pk:
        raise NotAllowed(_("This is somebody else's order form."))
    # What was shown is no part of the choice: a kwork changed between two presses makes no other one.
    if made or all(getattr(checkout, name) == value for name, value in content.items() if name != "shown"):
        return checkout
    if checkout.order_id is not None or checkout.top_up_id is not None:
        # Made from the content, so that the same other choice sent twice is one as well.
        facts = [
            content["kwork"].pk,
            content["quantity"],
            sorted(content["extras"].items()),
            content["shown_total"].cents,
        ]
        return _kept(content, token=uuid5(token, str(facts)), by=by, now=now)
    for name, value in content.items():
        setattr(checkout, name, value)
    checkout.status, checkout.problem = CheckoutStatus.OPEN, ""
    checkout.save()
    return checkout


def place(checkout_id: int, *, by: User, now: datetime) -> Order:
    """Turn a choice into an order and move its price into escrow; pressing twice returns the same order.

    Refused: a changed price or kwork (OfferChanged), a short balance (finance.escrow.ShortBalance), a kwork no longer on sale.
    """
    with transaction.atomic():
        checkout = _locked(checkout_id, by)
        if checkout.order is not None:
            return checkout.order
        # Locked so that a change accepted by a moderator meanwhile is either wholly before or wholly after.
        kwork = (
            Kwork.objects.select_for_update(of=("self",), no_key=True)
            .select_related("seller")
            .get(pk=checkout.kwork_id)
        )
        check_buyable(kwork, by)
        priced = quote(kwork, checkout.quantity, checkout.extras)
        check_unchanged(checkout, priced)
        order = _create(kwork, priced, by=by, now=now)
        escrow.hold(
            order.escrow_key,
            by,
            order.total,
            bonus_first=checkout.bonus_first,
            reference=order.number,
            by=by,
            now=now,
        )
        checkout.order, checkout.status, checkout.problem = order, CheckoutStatus.PLACED, ""
        checkout.save(update_fields=["order", "status", "problem"])
        record("order.placed", order, by=by, now=now)
    return order


def agree(checkout_id: int, total: Money, shown: Mapping[str, str | int], *, by: User) -> None:
    """The buyer agrees to what the page showed: the price in cents and what is sold (`Quote.shown`).

    Refused: an ordered choice. What the page did not say stays as it was agreed to before.
    """
    with transaction.atomic():
        checkout = _locked(checkout_id, by)
        if checkout.order_id is not None:
            raise OutOfTurn(_("This has been ordered already."))
        checkout.shown_total, checkout.shown = total, {**checkout.shown, **shown}
        checkout.status, checkout.problem = CheckoutStatus.OPEN, ""
        checkout.save(update_fields=["shown_total", "shown", "status", "problem"])


def choose_balance(checkout_id: int, *, bonus_first: bool, by: User) -> None:
    """The buyer says which balance pays first (FIN-01); only for an unplaced choice of one's own."""
    Checkout.objects.filter(pk=checkout_id, buyer=by, order__isnull=True).update(bonus_first=bonus_first)


def place_after_top_up(top_up_id: int, now: datetime) -> None:
    """A top-up was paid, be it one that another has replaced: the order it was for places itself (ORD-01).

    What keeps it from that is kept for the buyer to see; a short balance only when no other payment is on its way.
    """
    checkout = _paid_for_by(top_up_id)
    if checkout is None:
        return
    waiting = Checkout.objects.filter(pk=checkout.pk, order__isnull=True, status=CheckoutStatus.OPEN)
    try:
        with transaction.atomic():
            place(checkout.pk, by=checkout.buyer, now=now)
    except Refusal as refusal:
        if isinstance(refusal, escrow.ShortBalance) and checkout.top_ups().filter(status__in=UNFINISHED).exists():
            return
        with transaction.atomic():
            if waiting.update(status=CheckoutStatus.STOPPED, problem=str(refusal)[:200]):
                record("checkout.stopped", checkout, by=None, now=now)


def _paid_for_by(top_up_id: int) -> Checkout | None:
    """The open choice that a top-up was begun for: the page that it returns to."""
    top_up = TopUp.objects.get(pk=top_up_id)
    waiting = Checkout.objects.filter(buyer=top_up.user_id, order__isnull=True, status=CheckoutStatus.OPEN)
    mine = Q(top_up=top_up)
    try:
        match = resolve(top_up.return_to)
    except Resolver404:
        match = None
    if match is not None and match.url_name == "checkout":
        mine |= Q(token=match.kwargs["token"])
    return waiting.filter(mine).select_related("buyer").first()


def _locked(checkout_id: int, by: User) -> Checkout:
    """The buyer's own choice, held until the transaction ends."""
    # Without joins: a row that was waited for comes back new, but what was joined to it comes back as it was before.
    checkout = Checkout.objects.select_for_update().get(pk=checkout_id)
    if checkout.buyer_id != by.pk:
        raise NotAllowed(_("This is somebody else's order form."))
    return checkout


def is_on_sale(kwork: Kwork) -> bool:
    """Whether the kwork can be ordered: it is on sale and its seller's account is open."""
    return kwork.status == KworkStatus.ON_SALE and kwork.seller.is_active


def check_buyable(kwork: Kwork, by: User) -> None:
    """Refuse one's own kwork and one that is not on sale at the moment."""
    if kwork.seller_id == by.pk:
        raise NotAllowed(_("You cannot order your own kwork."))
    if not is_on_sale(kwork):
        raise OutOfTurn(_("This kwork is not on sale at the moment."))


def _create(kwork: Kwork, priced: Quote, *, by: User, now: datetime) -> Order:
    terms = Terms.today()
    order = Order.objects.create(
        number=_free_number(),
        buyer=by,
        seller=kwork.seller,
        kwork=kwork,
        title=kwork.title,
        volume=kwork.volume,
        instruction=kwork.instruction,
        unit_price=kwork.price,
        quantity=priced.base.quantity,
        total=priced.total,
        seller_share=kwork_rules.seller_share(priced.total),
        lead_hours=priced.lead_hours,
        terms=terms.as_json(),
        placed_at=now,
        start_due_at=now + terms.start_within,
        idle_due_at=now + terms.idle_after,
        idle_warn_at=now + terms.idle_after - IDLE_WARNINGS[0],
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, title=extra.title, price=extra.price, quantity=count, days=extra.days)
        for extra, count in priced.extras
    )
    joining.activate(by, Deed.ORDER, now=now)
    return order


def _free_number() -> str:
    """A number that nobody can guess from another order's and that is free; the unique key has the last word."""
    while True:
        number = str(secrets.randbelow(9 * 10 ** (NUMBER_DIGITS - 1)) + 10 ** (NUMBER_DIGITS - 1))
        if not Order.objects.filter(number=number).exists():
            return number
