"""Reading who was brought by whom and what it has earned; for the referrer's page and for the verbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.models import User
from core.money import ZERO, Money
from referrals.models import Attachment, ClickDay, Reward, Side


@dataclass(frozen=True)
class Numbers:
    """What a link has come to; `earned` in cents."""

    clicks: int
    registered: int
    active: int
    earned: Money


@dataclass(frozen=True)
class Month:
    """What one month of the viewer's calendar has earned, in cents; `orders` counts each order once."""

    begins: date
    sales: Money
    purchases: Money
    orders: int

    @property
    def total(self) -> Money:
        return self.sales + self.purchases


def running(now: datetime) -> QuerySet[Attachment]:
    """Referrals that are attached at this moment (REF-03)."""
    return Attachment.objects.filter(voided_at=None, ends_at__gt=now)


def numbers(user: User, now: datetime) -> Numbers:
    """The four numbers of the user's link, in three queries."""
    attached = Attachment.objects.filter(referrer=user).aggregate(
        registered=Count("pk"), active=Count("pk", filter=Q(active_at__isnull=False, voided_at=None, ends_at__gt=now))
    )
    clicks = ClickDay.objects.filter(referrer__user=user).aggregate(all=Sum("count"))["all"]
    earned = Reward.objects.filter(attachment__referrer=user).aggregate(all=Sum("amount"))["all"]
    return Numbers(clicks or 0, attached["registered"], attached["active"], earned or ZERO)


def referrals_of(user: User) -> QuerySet[Attachment]:
    """The user's referrals, newest first, each with `sales` and `purchases`: what they have earned; empty for nothing."""
    mine = Attachment.objects.filter(referrer=user).select_related("referral")
    return mine.annotate(
        sales=Sum("rewards__amount", filter=Q(rewards__side=Side.SALE)),
        purchases=Sum("rewards__amount", filter=Q(rewards__side=Side.PURCHASE)),
        earned=Sum("rewards__amount"),
    ).order_by("-pk")


def months(user: User) -> list[Month]:
    """Every month that has earned the user something, newest first, in the present time zone."""
    rows = (
        Reward.objects.filter(attachment__referrer=user)
        .annotate(month=TruncMonth("at"))
        .values("month")
        .annotate(
            sales=Sum("amount", filter=Q(side=Side.SALE)),
            purchases=Sum("amount", filter=Q(side=Side.PURCHASE)),
            orders=Count("order_number", distinct=True),
        )
        .order_by(F("month").desc())
    )
    return [Month(row["month"], row["sales"] or ZERO, row["purchases"] or ZERO, row["orders"]) for row in rows]
