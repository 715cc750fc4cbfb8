"""The ledger's tables, which the database itself guards."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField


class AccountKind(models.TextChoices):
    """The chart of accounts. Docs: docs/ledger.md."""

    MAIN = "main", _("Main balance")
    BONUS = "bonus", _("Bonus balance")
    ESCROW = "escrow", _("Escrow")
    PAYOUT = "payout", _("Withdrawals on their way")
    CHARGEBACK = "chargeback", _("Owed after payments taken back")
    COMMISSION = "commission", _("Commission")
    PROMOTION = "promotion", _("Promotion")
    PROCESSING = "processing", _("Fees of the payment provider")
    PROVIDER = "provider", _("Money held")


TOP_UP_REFERENCE = "top-up:"
WITHDRAWAL_REFERENCE = "withdrawal:"
CHARGEBACK_REFERENCE = "chargeback:"
ANNOUNCED_REFERENCE = "offline:"
PROMO_REFERENCE = "promo:"


def numbered(reference: str, prefix: str) -> int | None:
    """The number of what a reference of this kind names; empty for every other reference."""
    number = reference.removeprefix(prefix)
    return int(number) if number != reference and number.isdecimal() else None


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
    WITHDRAWAL = "withdrawal", _("Withdrawal")
    PAYOUT = "payout", _("Paid out")
    WITHDRAWAL_BACK = "withdrawal_back", _("Withdrawal returned")
    CHARGEBACK = "chargeback", _("Taken back by the bank")
    CHARGEBACK_BACK = "chargeback_back", _("Returned by the bank")
    TAKEN_BACK = "taken_back", _("Payment taken back")
    PAYMENT_FAILED = "payment_failed", _("Payment failed after all")
    CAME_BACK = "came_back", _("Payment back on the balance")
    COLLECTED = "collected", _("Paid toward what is owed")
    WRITTEN_OFF = "written_off", _("Written off of what is owed")
    REFERRAL = "referral", _("Referral earnings")
    GROUP = "group", _("Group reward")
    PROVIDER_FEE = "provider_fee", _("Fee of the payment provider")
    MOVED = "moved", _("Moved between provider and bank")


# These keep a running balance that can never be below zero; the others are sums over their postings,
# so that concurrent payments do not wait for each other on one row.
KEPT_KINDS = (AccountKind.MAIN, AccountKind.BONUS, AccountKind.ESCROW, AccountKind.PAYOUT)


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
        indexes = [
            models.Index(fields=["reference"], name="entry_reference"),
            # Entries are written in the order of time, so that a few pages of such an index find any day.
            BrinIndex(fields=["at"], name="entry_day", pages_per_range=16),
            BrinIndex(fields=["txid"], name="entry_transaction", pages_per_range=16),
        ]

    def __str__(self) -> str:
        return self.key


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
