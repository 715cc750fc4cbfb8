"""Money that comes in through the provider, and payments that are taken back: by banks, or because a check bounced."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.fields import MoneyField
from finance.models.ledger import CHARGEBACK_REFERENCE, TOP_UP_REFERENCE
from finance.models.offline import OfflinePayment


class TopUpStatus(models.TextChoices):
    """Where a top-up stands (FIN-02, FIN-03)."""

    OPEN = "open", _("Waiting for payment")
    PROCESSING = "processing", _("Being confirmed")
    PAID = "paid", _("Paid")
    ABANDONED = "abandoned", _("Not paid")
    QUESTIONED = "questioned", _("Being checked by us")


class Method(models.TextChoices):
    """How a payment through the provider's page was made (FIN-02, PAY-01)."""

    CARD = "card", _("Card")
    PAYPAL = "paypal", _("PayPal")
    ALIPAY = "alipay", _("Alipay")


# Why a payment is looked at anew that staff had closed: it was sent back, and that has failed.
HERE_AGAIN = "sent back, and did not arrive"


class TopUp(models.Model):
    """A user's request to add money by card; it credits the main balance once, when the provider says it is paid.

    `return_to` is the page of this site that goes on afterward; `check_due_at` runs until the top-up is finished.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="top_ups")
    amount = MoneyField()
    status = models.CharField(max_length=10, choices=TopUpStatus, default=TopUpStatus.OPEN)
    return_to = models.CharField(max_length=200, blank=True)
    session_id = models.CharField(max_length=100, null=True, unique=True)
    payment_url = models.URLField(max_length=1000, blank=True)
    payment_intent = models.CharField(max_length=100, blank=True)
    charge_id = models.CharField(max_length=100, blank=True)
    method = models.CharField(max_length=10, choices=Method, blank=True)
    brand = models.CharField(max_length=20, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    fingerprint = models.CharField(max_length=100, blank=True)
    last_problem = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    check_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="top_up_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="top_up_is_watched_until_finished",
                condition=Q(status__in=["open", "processing"], check_due_at__isnull=False, settled_at__isnull=True)
                | Q(
                    status__in=["paid", "abandoned", "questioned"], check_due_at__isnull=True, settled_at__isnull=False
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="top_up_of_user"),
            models.Index(fields=["check_due_at"], name="top_up_check_due", condition=Q(check_due_at__isnull=False)),
            models.Index(fields=["charge_id"], name="top_up_charge", condition=~Q(charge_id="")),
            models.Index(fields=["payment_intent"], name="top_up_intent", condition=~Q(payment_intent="")),
            models.Index(fields=["fingerprint"], name="top_up_card", condition=~Q(fingerprint="")),
            models.Index(fields=["user"], name="top_up_questioned", condition=Q(status="questioned")),
        ]

    def __str__(self) -> str:
        return f"top-up {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("top-up-detail", args=[self.pk])

    @property
    def reference(self) -> str:
        """How the ledger's entries name this top-up."""
        return f"{TOP_UP_REFERENCE}{self.pk}"

    @property
    def is_here_again(self) -> bool:
        """Whether it was sent back to its payer and did not arrive (FIN-03)."""
        return self.status == TopUpStatus.QUESTIONED and self.last_problem == HERE_AGAIN

    @property
    def is_unfinished(self) -> bool:
        return self.check_due_at is not None

    @property
    def source(self) -> str:
        """Where the money came from, in words such as "Visa •••• 4242"."""
        if self.last4:
            return f"{self.brand.capitalize() or Method.CARD.label} •••• {self.last4}"
        return str(Method(self.method).label) if self.method else str(Method.CARD.label)


class ChargebackStatus(models.TextChoices):
    """Where a payer's claim at their bank stands, as the provider reports it (FIN-03)."""

    OPEN = "open", _("Being decided by the bank")
    WON = "won", _("Decided for us")
    LOST = "lost", _("Lost")


# Why a payment was taken back that no bank has claimed: somebody has refunded it at the provider, or it has failed after it
# was credited.
SENT_BACK = "sent back"
PAYMENT_FAILED = "failed after it was credited"


class Chargeback(models.Model):
    """A payment that is taken back: a top-up by the payer's bank (FIN-03), or an announced one by staff (PAY-01).

    `owed` is what the balance could not give back and the user owes; `collect_due_at` is when the balance is looked at next,
    `check_due_at`, until the bank has decided, when the provider is asked.
    """

    dispute_id = models.CharField(max_length=100, null=True, unique=True)
    top_up = models.ForeignKey(TopUp, models.PROTECT, null=True, related_name="chargebacks")
    announced = models.OneToOneField(OfflinePayment, models.PROTECT, null=True, related_name="chargeback")
    amount = MoneyField()
    owed = MoneyField(default=0)
    status = models.CharField(max_length=10, choices=ChargebackStatus, default=ChargebackStatus.OPEN)
    why = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    written_off_at = models.DateTimeField(null=True)
    collect_due_at = models.DateTimeField(null=True)
    check_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="chargeback_of_one_payment",
                condition=Q(top_up__isnull=False, dispute_id__isnull=False, announced__isnull=True)
                # No bank is asked about these, so that they are decided from the beginning.
                | Q(top_up__isnull=True, dispute_id__isnull=True, announced__isnull=False, status="lost"),
            ),
            models.CheckConstraint(
                name="chargeback_is_watched_until_decided",
                condition=Q(status="open", check_due_at__isnull=False)
                | (~Q(status="open") & Q(check_due_at__isnull=True)),
            ),
            models.CheckConstraint(name="chargeback_owes_no_more", condition=Q(owed__gte=0, owed__lte=F("amount"))),
            models.CheckConstraint(
                name="chargeback_collects_while_owed",
                condition=Q(owed__gt=0, collect_due_at__isnull=False) | Q(owed=0, collect_due_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["collect_due_at"], name="chargeback_due", condition=Q(collect_due_at__isnull=False)),
            models.Index(fields=["check_due_at"], name="chargeback_check", condition=Q(check_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"chargeback {self.pk}"

    @property
    def is_sent_back(self) -> bool:
        """Whether no bank has claimed it: it was refunded at the provider, without a withdrawal (FIN-03)."""
        return self.why == SENT_BACK

    @property
    def is_failed(self) -> bool:
        """Whether nobody has claimed it or sent it back: the payment failed after it was credited (FIN-03)."""
        return self.why == PAYMENT_FAILED

    @property
    def is_claim(self) -> bool:
        """Whether a bank has claimed it, which then decides."""
        return self.top_up_id is not None and not self.is_sent_back and not self.is_failed

    @property
    def reference(self) -> str:
        """How the ledger's entries name this chargeback, and the beginning of their keys."""
        return f"{CHARGEBACK_REFERENCE}{self.pk}"

    @property
    def payment(self) -> TopUp | OfflinePayment:
        """What is taken back."""
        payment = self.top_up or self.announced
        assert payment is not None  # chargeback_of_one_payment
        return payment

    @property
    def user(self) -> User:
        """Who had paid."""
        return self.payment.user
