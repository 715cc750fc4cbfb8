"""More of the same order: the seller offers, the buyer accepts and pays, or not (ORD-14)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from accounts.models import User
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import escrow
from kworks import rules as kwork_rules
from kworks.models import Extra, Kwork, KworkStatus
from orders.models import Offer, OfferStatus, Order, OrderLine, Status
from orders.rules import MESSAGE_MOST, OFFERS_MOST, Terms
from orders.steps.moving import Moving, moving


def offer(
    order_id: int,
    thing: Extra | Kwork,
    *,
    quantity: int,
    text: str = "",
    token: UUID | None = None,
    by: User,
    now: datetime,
) -> Offer:
    """The seller offers an extra of the order's kwork or a further kwork inside the order (ORD-14).

    Price and days are pinned as they are now. Refused: another's, one not on sale, too many at a time, the same form twice.
    """
    with moving(order_id, "offer", by=by, now=now) as step:
        order = step.order
        _check_new(order, thing, quantity, text, token)
        made = Offer.objects.create(
            order=order,
            kwork=thing if isinstance(thing, Kwork) else None,
            title=thing.title,
            text=text.strip(),
            price=thing.price,
            quantity=quantity,
            days=thing.lead_days if isinstance(thing, Kwork) else thing.days,
            token=token or uuid4(),
            at=now,
        )
        step.facts |= {"offer": made.pk, "title": made.title, "amount_cents": made.total.cents}
    return made


def accept(offer_id: int, *, bonus_first: bool = True, by: User, now: datetime) -> None:
    """The buyer takes the offer: its price goes into the order's escrow, its days move the deadline (ORD-14).

    It is paid from the bonus balance first unless the buyer chose otherwise (FIN-01).
    Refused: a balance that is short (finance.escrow.ShortBalance), one that was answered or withdrawn.
    """
    with _answering(offer_id, "accept_offer", OfferStatus.ACCEPTED, by=by, now=now) as (step, made):
        order = step.order
        _move_deadline(order, made.hours, now)
        escrow.hold(
            order.escrow_key,
            order.buyer,
            made.total,
            part=f"offer:{made.pk}",
            bonus_first=bonus_first,
            reference=order.number,
            by=by,
            now=now,
        )
        order.total += made.total
        order.seller_share += Terms(**order.terms).share(made.total)
        OrderLine.objects.create(
            order=order, title=made.title, price=made.price, quantity=made.quantity, days=made.days
        )


def decline(offer_id: int, *, by: User, now: datetime) -> None:
    """The buyer does not want it; the order goes on as it was."""
    with _answering(offer_id, "decline_offer", OfferStatus.DECLINED, by=by, now=now):
        pass


def withdraw(offer_id: int, *, by: User, now: datetime) -> None:
    """The seller takes back an offer that the buyer has not answered."""
    with _answering(offer_id, "withdraw_offer", OfferStatus.WITHDRAWN, by=by, now=now):
        pass


@contextmanager
def _answering(
    offer_id: int, verb: str, status: OfferStatus, *, by: User, now: datetime
) -> Iterator[tuple[Moving, Offer]]:
    """One answer to one offer, under the order's lock; a second finds it answered."""
    order_id = Offer.objects.values_list("order_id", flat=True).get(pk=offer_id)
    with moving(order_id, verb, by=by, now=now) as step:
        made = Offer.objects.get(pk=offer_id)
        if made.status != OfferStatus.OPEN:
            raise OutOfTurn(
                _("This offer has been answered already: “%(status)s”.") % {"status": made.get_status_display()}
            )
        yield step, made
        made.status, made.answered_at = status, now
        made.save(update_fields=["status", "answered_at"])
        step.facts |= {"offer": made.pk, "title": made.title, "amount_cents": made.total.cents}


def _check_new(order: Order, thing: Extra | Kwork, quantity: int, text: str, token: UUID | None) -> None:
    if not 1 <= quantity <= kwork_rules.QUANTITY_MOST:
        raise Invalid(_("A quantity must be between 1 and %(most)s.") % {"most": kwork_rules.QUANTITY_MOST})
    if len(text) > MESSAGE_MOST:
        raise Invalid(_("The text is longer than %(most)s characters.") % {"most": MESSAGE_MOST})
    if isinstance(thing, Extra) and thing.kwork_id != order.kwork_id:
        raise NotAllowed(_("Offer an extra of the kwork that was ordered."))
    if isinstance(thing, Kwork) and (thing.seller_id != order.seller_id or thing.status != KworkStatus.ON_SALE):
        raise NotAllowed(_("Offer a kwork of your own that is on sale."))
    if token and order.offers.filter(token=token).exists():
        raise OutOfTurn(_("This has been sent already."))
    if order.offers.filter(status=OfferStatus.OPEN).count() >= OFFERS_MOST:
        raise OutOfTurn(
            _("%(most)s offers are waiting for an answer. Withdraw one before you add another.") % {"most": OFFERS_MOST}
        )


class Lead(NamedTuple):
    """The lead time in elapsed hours, the deadline while one runs, and what the lead time has reached by now."""

    hours: int
    deadline: datetime | None
    reached: datetime
    saves: bool

    @property
    def is_too_late(self) -> bool:
        """Whether the days that it saves are over already."""
        return self.saves and self.deadline is not None and self.deadline <= self.reached


def lead_with(order: Order, hours: int, now: datetime) -> Lead:
    """The lead time once so many hours more have been bought, or fewer: never less than a day (CAT-06).

    In review it stands still at the delivery (ORD-09).
    """
    total = max(order.lead_hours + hours, kwork_rules.HOURS_A_DAY)
    added = total - order.lead_hours
    deadline = order.deadline + timedelta(hours=added) if order.deadline else None
    reached = (order.delivered_at if order.status == Status.DELIVERED else None) or order.lead_time_now(now)
    return Lead(total, deadline, reached, added < 0)


def too_late() -> OutOfTurn:
    """The refusal of an offer whose saved days are over already."""
    return OutOfTurn(_("The days that this saves are over already, so it can no longer be accepted."))


def _move_deadline(order: Order, hours: int, now: datetime) -> None:
    """Days bought with the offer come on top of the deadline, saved ones go off it."""
    lead = lead_with(order, hours, now)
    if lead.is_too_late:
        raise too_late()
    order.lead_hours, order.deadline = lead.hours, lead.deadline
    if lead.deadline is not None and lead.deadline > lead.reached:
        order.expired_at = None
