"""What the balance does not cover becomes a top-up: for a choice it belongs to (ORD-01), for an offer in an order (ORD-14)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.money import ZERO, Money
from core.refusals import OutOfTurn
from finance.models import TopUp, TopUpStatus
from finance.rules import TOP_UP_LEAST
from finance.spendable import Spendable
from finance.steps import top_ups
from orders.models import Checkout, Offer, OfferStatus, Order
from orders.steps.checkout import check_buyable, check_unchanged, quote
from orders.steps.offers import lead_with, too_late


def fund(checkout_id: int, *, by: User, now: datetime) -> TopUp:
    """Begin a top-up over what the buyer's balances lack for the choice; `payment_url` is where it is paid.

    Asked twice, it is the same top-up. Refused: an ordered choice, a changed price or kwork, one not on sale, a balance
    that covers it by now, a payment for it that is being confirmed or checked already.
    """
    checkout = Checkout.objects.select_related("kwork__seller", "top_up").get(pk=checkout_id, buyer=by)
    if checkout.order_id is not None:
        raise OutOfTurn(_("This has been ordered already."))
    check_buyable(checkout.kwork, by)
    priced = quote(checkout.kwork, checkout.quantity, checkout.extras)
    check_unchanged(checkout, priced)
    missing = Spendable.of(by).split(priced.total, bonus_first=True).missing
    if missing <= ZERO:
        raise OutOfTurn(_("Your balance covers this order now."))
    amount = max(missing, TOP_UP_LEAST)
    begun = _unpaid(checkout, amount, by=by, now=now)
    if checkout.top_ups().filter(status=TopUpStatus.PROCESSING).exists():
        raise OutOfTurn(_("A payment for this order is being confirmed. Once it is, the order places itself."))
    if checkout.top_ups().filter(status=TopUpStatus.QUESTIONED).exists():
        raise OutOfTurn(_("A payment for this order is being checked. Please do not pay again."))
    if begun is None:
        # Asks the payment provider, so it must not happen inside a transaction.
        begun = top_ups.begin(by, amount, return_to=checkout.get_absolute_url(), by=by, now=now)
    return _attach(checkout_id, begun)


def fund_offer(offer_id: int, *, by: User, now: datetime) -> TopUp:
    """Begin a top-up over what the buyer's balances lack for an offer; it returns to the order's page (ORD-14).

    Asked twice, it is the same top-up. Refused: an answered offer, one whose saved days are over, a balance that covers it by
    now, a payment that is being confirmed or checked already.
    """
    offer = Offer.objects.select_related("order").get(pk=offer_id, order__buyer=by)
    order = offer.order
    if offer.status != OfferStatus.OPEN or not order.is_open:
        raise OutOfTurn(_("This offer can no longer be accepted."))
    if lead_with(order, offer.hours, now).is_too_late:
        raise too_late()
    missing = Spendable.of(by).split(offer.total, bonus_first=True).missing
    if missing <= ZERO:
        raise OutOfTurn(_("Your balance covers this offer now: you can accept it."))
    amount, back = max(missing, TOP_UP_LEAST), order.get_absolute_url()
    begun = TopUp.objects.filter(user=by, return_to=back, amount=amount, status=TopUpStatus.OPEN).last()
    if begun is not None:
        try:
            return top_ups.proceed(begun.pk, by=by, now=now)
        except OutOfTurn:
            if TopUp.objects.filter(pk=begun.pk, status=TopUpStatus.PAID).exists():
                raise OutOfTurn(_("Your payment has come in: you can accept the offer now.")) from None
    if is_being_added(order):
        raise OutOfTurn(
            _("A payment for this is on its way to your balance. Once it is there, you can accept the offer.")
        )
    # Asks the payment provider, so it must not happen inside a transaction.
    return top_ups.begin(by, amount, return_to=back, by=by, now=now)


def is_being_added(order: Order) -> bool:
    """Whether the buyer has paid for an offer of this order what is being confirmed or checked: nobody should pay it twice."""
    paid = (TopUpStatus.PROCESSING, TopUpStatus.QUESTIONED)
    return TopUp.objects.filter(user=order.buyer_id, return_to=order.get_absolute_url(), status__in=paid).exists()


def _unpaid(checkout: Checkout, amount: Money, *, by: User, now: datetime) -> TopUp | None:
    """The top-up of this sum that the choice has and that still can be paid, by the provider's own word."""
    begun = checkout.top_up
    if begun is None or begun.status != TopUpStatus.OPEN or begun.amount != amount:
        return None
    try:
        return top_ups.proceed(begun.pk, by=by, now=now)
    except OutOfTurn:
        begun.refresh_from_db()
        if begun.status == TopUpStatus.PAID:
            raise OutOfTurn(_("Your payment has come in. The order places itself.")) from None
        return None


def _attach(checkout_id: int, begun: TopUp) -> TopUp:
    """Tie a top-up to the choice, unless a second press of the button has tied an equal one meanwhile."""
    with transaction.atomic():
        checkout = Checkout.objects.select_for_update().get(pk=checkout_id)
        tied = checkout.top_up
        if tied is not None and tied.status == TopUpStatus.OPEN and tied.amount == begun.amount:
            return tied
        checkout.top_up = begun
        checkout.save(update_fields=["top_up"])
    return begun
