"""Offers inside an order (ORD-14): what a seller can offer, what each would change, and how each stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from core import formats
from core.money import Money
from kworks.models import Extra, Kwork, KworkStatus
from orders.models import Dispute, Offer, OfferStatus, Order
from orders.queries.clocks import lead_time
from orders.rules import Terms
from orders.steps.offers import lead_with

CHOICES_MOST = 200
EXTRA, KWORK = "extra", "kwork"


@dataclass(frozen=True)
class Change:
    """What an accepted offer would change, in cents: its price, how that is shared, the order's new total; and its time.

    `deadline` is empty while no lead time runs; `too_late` when the days it saves are over already.
    """

    price: Money
    share: Money
    commission: Money
    total: Money
    lead: str
    days: str
    deadline: datetime | None
    too_late: bool


@dataclass(frozen=True)
class Shown:
    """An offer as the order's page shows it; `change` is empty once it has been answered or is over."""

    offer: Offer
    state: str
    tone: str
    change: Change | None = None


def change(order: Order, offer: Offer, now: datetime) -> Change:
    """What this offer would change if it were accepted now; it need not be stored."""
    after = lead_with(order, offer.hours, now)
    share = Terms(**order.terms).share(offer.total)
    return Change(
        price=offer.total,
        share=share,
        commission=offer.total - share,
        total=order.total + offer.total,
        lead=lead_time(after.hours),
        days=_added(after.hours - order.lead_hours),
        deadline=after.deadline,
        too_late=after.is_too_late,
    )


def shown(order: Order, now: datetime) -> list[Shown]:
    """Every offer of the order, oldest first; those that nobody answered before the end are over."""
    return [_shown(order, offer, now) for offer in order.offers.all()]


def things(order: Order) -> dict[str, Extra | Kwork]:
    """What the seller can offer in this order, by the name it has in a form: extras first, then kworks on sale."""
    extras = Extra.objects.filter(kwork=order.kwork_id)
    own = Kwork.objects.filter(seller=order.seller_id, status=KworkStatus.ON_SALE).order_by("-id")
    kworks = own.only("id", "title", "price", "lead_days", "seller", "status")[:CHOICES_MOST]
    return {
        **{f"{EXTRA}-{extra.pk}": extra for extra in extras},
        **{f"{KWORK}-{kwork.pk}": kwork for kwork in kworks},
    }


def choices(found: dict[str, Extra | Kwork]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The same as choices of a form, each with its price and its days."""
    groups: dict[str, list[tuple[str, str]]] = {EXTRA: [], KWORK: []}
    for name, thing in found.items():
        days = formats.days_change(thing.days) if isinstance(thing, Extra) else formats.days(thing.lead_days)
        words = " · ".join(filter(None, [thing.title, formats.price(thing.price), days]))
        groups[name.split("-")[0]].append((name, words))
    titles = {EXTRA: _("Extras of this kwork"), KWORK: _("Further kworks of yours")}
    return [(titles[kind], options) for kind, options in groups.items() if options]


def unsaved(order: Order, thing: Extra | Kwork, quantity: int, now: datetime) -> Offer:
    """An offer as it would be made, to foresee what it changes."""
    return Offer(
        order=order,
        kwork=thing if isinstance(thing, Kwork) else None,
        title=thing.title,
        price=thing.price,
        quantity=quantity,
        days=thing.lead_days if isinstance(thing, Kwork) else thing.days,
        at=now,
    )


def with_offers() -> Prefetch[str]:
    """For a queryset of orders: their offers in one query."""
    return Prefetch("offers", Offer.objects.order_by("pk"))


def _shown(order: Order, offer: Offer, now: datetime) -> Shown:
    if offer.status == OfferStatus.OPEN:
        if not order.is_open:
            return Shown(offer, _("Over: the order has ended"), "neutral")
        if order.dispute == Dispute.ARBITRATION:
            return Shown(offer, _("Waits for the end of the arbitration"), "neutral", change(order, offer, now))
        return Shown(offer, offer.get_status_display(), "caution", change(order, offer, now))
    tone = "positive" if offer.status == OfferStatus.ACCEPTED else "neutral"
    return Shown(offer, offer.get_status_display(), tone)


def _added(hours: int) -> str:
    if not hours:
        return _("no change")
    words = _("%(time)s more") if hours > 0 else _("%(time)s less")
    return words % {"time": lead_time(abs(hours))}
