"""The ledger's tables, which the database itself guards, and the requests to add money."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField


class AccountKind(models.TextChoices):
    """The chart of accounts. Docs: docs/ledger.md."""

    MAIN = "main", _("Main balance")
    BONUS = "bonus", _("Bonus balance")
    ESCROW = "escrow", _("Escrow")
    COMMISSION = "commission", _("Commission")
    PROMOTION = "promotion", _("Promotion")
    PROVIDER = "provider", _("Payment provider")


TOP_UP_REFERENCE = "top-up:"


class Verb(models.TextChoices):
    """What an entry did, in the words of the balance page."""

    TOP_UP = "top_up", _("Funds added")
    HOLD = "hold", _("Paid for an order")
    RELEASE = "release", _("Earned from an order")
    REFUND = "refund", _("Refund of an order")
    SPLIT = "split", _("Shared after a dispute")
    FEE_HOLD = "fee_hold", _("Mediator's fee set aside")
    FEE_PAID = "fee_paid", _("Mediator's fee")
    FEE_BACK = "fee_back", _("Mediator's fee returned")
    BONUS = "bonus", _("Bonus received")


# These keep a running balance that can never be below zero; the others are sums over their postings,
# so that concurrent payments do not wait for each other on one row.
KEPT_KINDS = (AccountKind.MAIN, AccountKind.BONUS, AccountKind.ESCROW)


class Account(models.Model):
    """A place where money is: what a user has, what an order holds, what the site earned, what the provider owes us.

    Positive is what the site owes to the account's owner (of an escrow: its buyer, until it is released); the provider's
    account is negative by what it holds for us. Keys sort by their bytes: accounts are locked in this order.
    """

    key = models.CharField(max_length=60, db_collation="C")
    kind = models.CharField(max_length=12, choices=AccountKind)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    kept = models.BooleanField()
    balance = MoneyField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="kept_account_never_below_zero", condition=Q(balance__gte=0)),
            models.CheckConstraint(name="kept_follows_kind", condition=Q(kept=Q(kind__in=KEPT_KINDS))),
            models.CheckConstraint(name="kept_accounts_have_owners", condition=Q(kept=Q(owner__isnull=False))),
            models.UniqueConstraint(fields=["key"], name="one_account_per_key"),
        ]

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """One balanced movement of money under a key that can be used once (FIN-06)."""

    key = models.CharField(max_length=100)
    verb = models.CharField(max_length=30, choices=Verb)
    reference = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    txid = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["key"], name="key_used_once")]
        indexes = [models.Index(fields=["reference"], name="entry_reference")]

    def __str__(self) -> str:
        return self.key

    @property
    def top_up_id(self) -> int | None:
        """The top-up that this entry credited, as its reference says; empty for every other entry."""
        number = self.reference.removeprefix(TOP_UP_REFERENCE)
        return int(number) if number != self.reference and number.isdecimal() else None


class Posting(models.Model):
    """One line of an entry: so many cents into (positive) or out of (negative) an account."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, models.PROTECT, related_name="postings")
    amount = MoneyField()
    balance_after = MoneyField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="posting_moves_something", condition=~Q(amount=0)),
            models.UniqueConstraint(fields=["entry", "account"], name="one_line_per_account"),
        ]
        indexes = [models.Index(F("account"), F("id").desc(), name="posting_statement")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount}"


class TopUpStatus(models.TextChoices):
    """Where a top-up stands (FIN-02, FIN-03)."""

    OPEN = "open", _("Waiting for payment")
    PROCESSING = "processing", _("Being confirmed")
    PAID = "paid", _("Paid")
    ABANDONED = "abandoned", _("Not paid")
    QUESTIONED = "questioned", _("Being checked by us")


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
    def is_unfinished(self) -> bool:
        return self.check_due_at is not None


class ProviderEvent(models.Model):
    """A webhook that was received and acted on; the same event told again changes nothing."""

    id = models.CharField(primary_key=True, max_length=100)
    kind = models.CharField(max_length=60)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
