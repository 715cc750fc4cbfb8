"""Noticing referrals who trade mainly with those who brought them (REF-05)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from orders.models import Order, Status
from referrals import rules
from referrals.models import Attachment, FlagKind
from referrals.steps import flagging

PAID = (Status.COMPLETED, Status.SPLIT)


def look(order_id: int, *, now: datetime) -> None:
    """After an order that has paid a seller: compare what a referral trades with the referrer to all that it trades."""
    order = Order.objects.get(pk=order_id)
    sides = [order.buyer_id, order.seller_id]
    between = Attachment.objects.filter(referral__in=sides, referrer__in=sides, voided_at=None)
    for attachment in between.select_related("referrer", "referral"):
        flagging.look(attachment, now=now)
        pair = [attachment.referrer_id, attachment.referral_id]
        own = Order.objects.filter(Q(buyer=attachment.referral) | Q(seller=attachment.referral), status__in=PAID)
        mutual = own.filter(buyer__in=pair, seller__in=pair).count()
        every = own.count()
        if mutual >= rules.TRADE_ORDERS_LEAST and mutual * 100 >= every * rules.TRADE_PERCENT_LEAST:
            flagging.flag(attachment, FlagKind.TRADE, now=now, orders=mutual, of=every)
