"""Money that goes out: where to, each request, and the batches that staff approve (WDR)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.money import Money
from finance.models.ledger import WITHDRAWAL_REFERENCE
from finance.models.top_ups import TopUp
from finance.problems import in_words
from finance.rules import payout_brands


class PayoutDetails(models.Model):
    """The card that a user's earnings go to, as the provider's own page took it (WDR-01); we know its last digits only.

    `changed_at` is when the card was first named or replaced; empty while there is none. `usable_from` is set when that was
    during a freeze (WDR-06). `limited_since` is the first of the changes whose limit has not ended in between (WDR-05).
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="payout_details")
    account_id = models.CharField(max_length=100, null=True, unique=True)
    card_id = models.CharField(max_length=100, blank=True)
    brand = models.CharField(max_length=20, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    fingerprint = models.CharField(max_length=100, blank=True)
    enabled = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True)
    limited_since = models.DateTimeField(null=True)
    usable_from = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "payout details"
        indexes = [models.Index(fields=["fingerprint"], name="payout_card", condition=~Q(fingerprint=""))]

    def __str__(self) -> str:
        return f"payout details of {self.user_id}"

    @property
    def is_ready(self) -> bool:
        """Whether the provider pays out to it."""
        return self.enabled and bool(self.card_id)

    @property
    def missing(self) -> str:
        """What keeps the provider from paying out to it, in a sentence; empty when nothing does."""
        if self.is_ready:
            return ""
        if self.enabled:
            return gettext(
                "The payment service knows no %(brands)s debit card of yours: name one. A bank account or a card of another "
                "brand does not do."
            ) % {"brands": payout_brands()}
        return gettext("Not finished: the payment service still needs something from you before it can pay you.")

    @property
    def card(self) -> str:
        """The card in words such as "Visa •••• 5556"; empty while there is none."""
        return f"{self.brand} •••• {self.last4}" if self.last4 else ""


class BatchStatus(models.TextChoices):
    """Where a payment date's withdrawals stand (WDR-03)."""

    OPEN = "open", _("Waiting for the first approval")
    SECOND = "second", _("Waiting for a second approval")
    APPROVED = "approved", _("Approved")


class Batch(models.Model):
    """The withdrawals that are paid together on a payment date, once two of staff have approved them (WDR-03).

    `part` counts the batches of one date; after its first approval a batch takes nothing more.
    """

    date = models.DateField()
    part = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=BatchStatus, default=BatchStatus.OPEN)
    at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["date", "part"], name="one_batch_per_date_and_part"),
            models.UniqueConstraint(fields=["date"], condition=Q(status="open"), name="one_open_batch_per_date"),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} #{self.part}"

    def get_absolute_url(self) -> str:
        return reverse("payout-batch", args=[self.pk])


class Approval(models.Model):
    """That one of staff has approved a batch as they saw it: how many withdrawals, over what sum, and a digest of them all.

    Nobody approves the same twice; a batch that has changed since can be approved anew.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="approvals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    count = models.PositiveIntegerField()
    total = MoneyField()
    digest = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "by", "digest"], name="approved_once_each")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.by_id}"


class WithdrawalStatus(models.TextChoices):
    """Where a withdrawal stands (WDR-03, WDR-04)."""

    REQUESTED = "requested", _("Waiting for the payment date")
    BATCHED = "batched", _("Being approved")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("On its way")
    PAID = "paid", _("Paid")
    FAILED = "failed", _("Failed, money returned")
    REJECTED = "rejected", _("Rejected, money returned")
    CANCELED = "canceled", _("Canceled, money returned")


class Withdrawal(models.Model):
    """A user's request to be paid out of the main balance; the sum is set aside at once (WDR-04).

    With a top-up it goes back where that was paid from (WDR-02), else to the card for earnings. `batch_due_at` runs until a
    batch takes it, `next_try_at` from its approval on while the provider is to be asked something. `asked_at` is when it was
    last asked to do something.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="withdrawals")
    top_up = models.ForeignKey(TopUp, models.PROTECT, null=True, blank=True, related_name="withdrawals")
    amount = MoneyField()
    fee = MoneyField()
    destination = models.CharField(max_length=60)
    account_id = models.CharField(max_length=100, blank=True)
    card_id = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=WithdrawalStatus, default=WithdrawalStatus.REQUESTED)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="withdrawals")
    reason = models.CharField(max_length=500, blank=True)
    tries = models.PositiveIntegerField(default=0)
    rounds = models.PositiveIntegerField(default=0)
    last_problem = models.CharField(max_length=200, blank=True)
    refund_id = models.CharField(max_length=100, blank=True)
    transfer_id = models.CharField(max_length=100, blank=True)
    payout_id = models.CharField(max_length=100, blank=True)
    reversal_id = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    batch_due_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="withdrawal_leaves_something", condition=Q(amount__gt=0, fee__gte=0, fee__lt=F("amount"))
            ),
            models.CheckConstraint(
                name="withdrawal_waits_until_batched",
                condition=Q(status="requested", batch_due_at__isnull=False)
                | (~Q(status="requested") & Q(batch_due_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="withdrawal_is_watched_while_sent",
                condition=Q(status__in=["sending", "sent"], next_try_at__isnull=False)
                | (~Q(status__in=["sending", "sent", "batched"]) & Q(next_try_at__isnull=True))
                # Approved, and on its way to be sent.
                | Q(status="batched"),
            ),
            models.CheckConstraint(
                name="withdrawal_ends_once",
                condition=Q(status__in=["paid", "failed", "rejected", "canceled"], ended_at__isnull=False)
                | Q(status__in=["requested", "batched", "sending", "sent"], ended_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="withdrawal_of_user"),
            models.Index(fields=["batch_due_at"], name="withdrawal_batch", condition=Q(batch_due_at__isnull=False)),
            models.Index(fields=["next_try_at"], name="withdrawal_try", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["transfer_id"], name="withdrawal_transfer", condition=~Q(transfer_id="")),
            models.Index(fields=["payout_id"], name="withdrawal_payout", condition=~Q(payout_id="")),
            models.Index(fields=["refund_id"], name="withdrawal_refund", condition=~Q(refund_id="")),
        ]

    def __str__(self) -> str:
        return f"withdrawal {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("withdrawal", args=[self.pk])

    @property
    def net(self) -> Money:
        """What arrives."""
        return self.amount - self.fee

    @property
    def problem(self) -> str:
        """Why it was not paid or is still tried, in words for staff; empty for no reason."""
        return in_words(self.last_problem)

    @property
    def is_approved(self) -> bool:
        """Whether its batch is approved and it waits for nobody any more, only to be handed to the provider."""
        return self.status == WithdrawalStatus.BATCHED and self.next_try_at is not None

    @property
    def came_back(self) -> bool:
        """Whether its money is back on the balance."""
        return self.status in (WithdrawalStatus.FAILED, WithdrawalStatus.REJECTED, WithdrawalStatus.CANCELED)

    @property
    def reference(self) -> str:
        """How the ledger's entries name this withdrawal."""
        return f"{WITHDRAWAL_REFERENCE}{self.pk}"

    @property
    def payout_key(self) -> str:
        """The key of the account where its money is set aside, and the beginning of its entries' keys."""
        return self.reference
