"""An order with its pinned terms, what both sides wrote and handed over, and how it ended."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.models import Upload
from core.money import Money
from finance.models import TopUp
from kworks.models import Kwork
from kworks.rules import HOURS_A_DAY, further_hours


class Status(models.TextChoices):
    """Where an order stands. Expired is no status of its own: it is work past its deadline (ORD-07)."""

    PLACED = "placed", _("Waiting for the seller to start")
    IN_WORK = "in_work", _("In work")
    DELIVERED = "delivered", _("Delivered, waiting for the buyer")
    COMPLETED = "completed", _("Completed")
    CANCELED = "canceled", _("Canceled")
    SPLIT = "split", _("Settled with a split")


OPEN_STATUSES = (Status.PLACED, Status.IN_WORK, Status.DELIVERED)


class Dispute(models.TextChoices):
    """What two sides of an open order disagree on, if anything; while it lasts, the order's own timers stand still."""

    NONE = "", _("No disagreement")
    REQUEST = "request", _("Cancellation requested")
    REJECTION = "rejection", _("Rejected by the buyer")
    ARBITRATION = "arbitration", _("In arbitration")


class Policy(models.TextChoices):
    """How a buyer leaves an order before its end: by the cancellation table, or by rejecting the job (REV-02)."""

    CANCELLATION = "cancellation", _("Cancellation by reasons")
    REJECTION = "rejection", _("Rejection and mediation")


class Order(models.Model):
    """One purchase under the terms it was placed with; its status changes only through `orders.steps.moving`.

    A timer that is not running is empty; those that stand still during a dispute keep the moment they had, and move on
    by what it took (CAN-17). All moments are UTC, prices are cents, `lead_hours` is elapsed time.
    """

    number = models.CharField(max_length=12, unique=True)
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="purchases")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sales")
    kwork = models.ForeignKey(Kwork, models.PROTECT, related_name="orders")
    status = models.CharField(max_length=10, choices=Status, default=Status.PLACED)
    dispute = models.CharField(max_length=12, choices=Dispute, default=Dispute.NONE, blank=True)
    policy = models.CharField(max_length=12, choices=Policy, default=Policy.CANCELLATION)

    title = models.CharField(max_length=80)
    volume = models.CharField(max_length=200, blank=True)
    instruction = models.TextField(blank=True)
    unit_price = MoneyField()
    quantity = models.PositiveSmallIntegerField()
    total = MoneyField()
    seller_share = MoneyField()
    lead_hours = models.PositiveIntegerField()
    terms = models.JSONField()

    placed_at = models.DateTimeField()
    briefed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    buyer_waits_since = models.DateTimeField(null=True)
    seller_waits_since = models.DateTimeField(null=True)

    start_due_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField(null=True)
    review_due_at = models.DateTimeField(null=True)
    idle_due_at = models.DateTimeField(null=True)
    idle_warn_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    dispute_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="paused_exactly_while_disputed",
                condition=Q(dispute="", paused_at__isnull=True, dispute_due_at__isnull=True)
                | (~Q(dispute="") & Q(paused_at__isnull=False, status__in=["placed", "in_work", "delivered"])),
            ),
            models.CheckConstraint(
                name="idle_timer_runs_while_open",
                condition=Q(idle_due_at__isnull=True, idle_warn_at__isnull=True)
                | Q(status__in=["placed", "in_work", "delivered"]),
            ),
            models.CheckConstraint(name="nobody_orders_from_oneself", condition=~Q(buyer=F("seller"))),
            models.CheckConstraint(
                name="start_timer_runs_while_placed", condition=Q(start_due_at__isnull=True) | Q(status="placed")
            ),
            models.CheckConstraint(
                name="review_timer_runs_while_delivered",
                condition=Q(review_due_at__isnull=True) | Q(status="delivered"),
            ),
            models.CheckConstraint(
                name="ended_exactly_when_over",
                condition=Q(ended_at__isnull=False, status__in=["completed", "canceled", "split"])
                | Q(ended_at__isnull=True, status__in=["placed", "in_work", "delivered"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["start_due_at", "id"],
                name="start_due",
                condition=Q(start_due_at__isnull=False, paused_at__isnull=True),
            ),
            models.Index(
                fields=["review_due_at", "id"],
                name="review_due",
                condition=Q(review_due_at__isnull=False, paused_at__isnull=True),
            ),
            models.Index(
                fields=["idle_due_at", "id"],
                name="idle_due",
                condition=Q(status="in_work", idle_due_at__isnull=False, paused_at__isnull=True),
            ),
            models.Index(
                fields=["idle_warn_at", "id"],
                name="idle_warn",
                condition=Q(status="in_work", idle_warn_at__isnull=False, paused_at__isnull=True),
            ),
            models.Index(
                fields=["deadline", "id"],
                name="deadline_due",
                condition=Q(status="in_work", expired_at__isnull=True) & ~Q(dispute="arbitration"),
            ),
            models.Index(
                fields=["dispute_due_at", "id"], name="dispute_due", condition=Q(dispute_due_at__isnull=False)
            ),
            models.Index(fields=["buyer", "status", "-id"], name="purchases_by_status"),
            models.Index(fields=["seller", "status", "-id"], name="sales_by_status"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("order", args=[self.number])

    @property
    def escrow_key(self) -> str:
        return f"order:{self.pk}"

    @property
    def commission(self) -> Money:
        return self.total - self.seller_share

    @property
    def lead_time(self) -> timedelta:
        return timedelta(hours=self.lead_hours)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    def timers_now(self, now: datetime) -> datetime:
        """The moment that the order's timers have reached: they stand still while a dispute lasts (CAN-17)."""
        return self.paused_at or now

    def lead_time_now(self, now: datetime) -> datetime:
        """The moment that the lead time has reached: only arbitration stops it (CAN-17, ARB-02)."""
        return self.timers_now(now) if self.dispute == Dispute.ARBITRATION else now

    def is_expired(self, now: datetime) -> bool:
        """Whether work is past its deadline (ORD-07). Time in review does not count (ORD-09)."""
        if self.status != Status.IN_WORK or self.deadline is None:
            return False
        return self.deadline <= self.lead_time_now(now)


class OrderLine(models.Model):
    """An extra as it was ordered; `days` is what one of it adds or (negative) saves."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    title = models.CharField(max_length=80)
    price = MoneyField()
    quantity = models.PositiveSmallIntegerField()
    days = models.SmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.title

    @property
    def total(self) -> Money:
        return self.price * self.quantity


class OfferStatus(models.TextChoices):
    """What became of an offer inside an order; one that is open when the order ends is over with it."""

    OPEN = "open", _("Waiting for the buyer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Offer(models.Model):
    """More of the same order that its seller offers (ORD-14): what is added, its price in cents and its days.

    `days` is what one of it adds to the lead time or (negative) saves; without `kwork` it is an extra.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="offers")
    kwork = models.ForeignKey(Kwork, models.PROTECT, null=True, related_name="+")
    title = models.CharField(max_length=80)
    text = models.TextField(blank=True)
    price = MoneyField()
    quantity = models.PositiveSmallIntegerField()
    days = models.SmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=OfferStatus, default=OfferStatus.OPEN)
    token = models.UUIDField(default=uuid.uuid4)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["order", "token"], name="offered_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def total(self) -> Money:
        return self.price * self.quantity

    @property
    def hours(self) -> int:
        """What all of it adds to the lead time, in elapsed hours (CAT-06)."""
        if self.kwork_id is None:
            return self.days * self.quantity * HOURS_A_DAY
        return further_hours(self.days, self.quantity)


class MessageKind(models.TextChoices):
    """What a message of an order's thread is."""

    BRIEF = "brief", _("Information for the order")
    TALK = "talk", _("Message")
    DELIVERY = "delivery", _("Delivery")
    RETURN = "return", _("Return for revision")


class Message(models.Model):
    """One thing written in an order: information, talk, a delivery or a return; the last two are numbered (ORD-09)."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=10, choices=MessageKind)
    number = models.PositiveSmallIntegerField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    token = models.UUIDField(default=uuid.uuid4)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "kind", "number"], name="numbered_once"),
            models.UniqueConstraint(fields=["order", "token"], name="sent_once"),
            models.CheckConstraint(
                name="deliveries_and_returns_are_numbered",
                condition=Q(kind__in=["delivery", "return"], number__isnull=False)
                | Q(kind__in=["brief", "talk"], number__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number or ''} in {self.order_id}"


class Attachment(models.Model):
    """A file that came with a message; only the order's two sides and staff may fetch it."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    upload = models.OneToOneField(Upload, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.upload_id} with {self.message_id}"


class CheckoutStatus(models.TextChoices):
    """What became of a buyer's choice."""

    OPEN = "open", _("Not ordered yet")
    PLACED = "placed", _("Ordered")
    STOPPED = "stopped", _("Needs another look")


class Checkout(models.Model):
    """A buyer's choice on its way to an order (ORD-01): kept until placed, also while a top-up is being paid.

    `token` makes a double click one order; `shown_total` is the price the buyer agreed to, in cents,
    and `shown` what else stood on the page then: title, volume and lead time in hours.
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True)
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="checkouts")
    kwork = models.ForeignKey(Kwork, models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    extras = models.JSONField(default=dict)
    shown_total = MoneyField()
    shown = models.JSONField(default=dict)
    bonus_first = models.BooleanField(default=True)
    status = models.CharField(max_length=10, choices=CheckoutStatus, default=CheckoutStatus.OPEN)
    problem = models.CharField(max_length=200, blank=True)
    top_up = models.OneToOneField(TopUp, models.PROTECT, null=True, related_name="checkout")
    order = models.OneToOneField(Order, models.PROTECT, null=True, related_name="checkout")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.token)

    def top_ups(self) -> models.QuerySet[TopUp]:
        """Every top-up that was begun for this choice, also those that another one has replaced."""
        return TopUp.objects.filter(Q(pk=self.top_up_id) | Q(return_to=self.get_absolute_url()), user=self.buyer_id)

    def get_absolute_url(self) -> str:
        return reverse("checkout", args=[self.token])


class Fault(models.TextChoices):
    """Who is answerable for how an order ended, by the table of the rules."""

    NOBODY = "nobody", _("Nobody")
    BUYER = "buyer", _("The buyer")
    SELLER = "seller", _("The seller")
    BOTH = "both", _("Both sides")


class Outcome(models.Model):
    """How an order ended, as facts that ratings are computed from: the rule that ended it and whose fault it was.

    `feedback` says whether the buyer may leave feedback on it (RAT-06, CAN-18), `repeated` whether the same buyer had
    completed an order of this seller before (ORD-15). `paid` went to the seller, `refunded` to the buyer, in cents.
    """

    order = models.OneToOneField(Order, models.CASCADE, related_name="outcome")
    completed = models.BooleanField()
    late = models.BooleanField()
    cause = models.CharField(max_length=10)
    fault = models.CharField(max_length=10, choices=Fault, default=Fault.NOBODY)
    paid = MoneyField(default=0)
    refunded = MoneyField(default=0)
    repeated = models.BooleanField(default=False)
    lowers_seller = models.BooleanField()
    feedback = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.cause} for {self.order_id}"


def calendar_token() -> str:
    """What makes a calendar's address a secret that nobody can guess."""
    return secrets.token_urlsafe(24)


class Calendar(models.Model):
    """A user's secret address under which a calendar program reads the deadlines of open orders; can be renewed."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="order_calendar")
    token = models.CharField(max_length=40, unique=True, default=calendar_token)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"

    def get_absolute_url(self) -> str:
        return reverse("order-calendar", args=[self.token])
