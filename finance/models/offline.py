"""Money that comes by ways that no machine confirms (PAY-01)."""

from __future__ import annotations

import unicodedata

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.fields import MoneyField
from finance.models.ledger import ANNOUNCED_REFERENCE
from finance.rules import EVIDENCE_MOST


class OfflineWay(models.TextChoices):
    """Ways to pay that no machine confirms (PAY-01)."""

    BANK = "bank", _("Bank transfer")
    MONEY_ORDER = "money_order", _("Money order")
    CHECK = "check", _("Check")


# What came by these can turn out to be worth nothing weeks later.
CAN_BOUNCE = (OfflineWay.MONEY_ORDER, OfflineWay.CHECK)


class OfflineStatus(models.TextChoices):
    """Where an announced payment stands (PAY-01)."""

    ANNOUNCED = "announced", _("Waiting for the money")
    SECOND = "second", _("Waiting for a second person")
    RECEIVED = "received", _("Received")
    CANCELED = "canceled", _("Canceled")
    TAKEN_BACK = "taken_back", _("Taken back")


class OfflinePayment(models.Model):
    """A payment that its user announced; staff confirm its receipt by its reference, then the balance rises (PAY-01).

    `way` is what its user announced, `came_by` what staff saw; the latter counts. `confirmed_by` found it, the sum and the
    evidence; where it `needs_two`, `second_by` has confirmed the same way and sum before it is booked. `reason` is why staff
    ended it or took it back, as its user reads it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="offline_payments")
    amount = MoneyField()
    way = models.CharField(max_length=12, choices=OfflineWay)
    code = models.CharField(max_length=20, unique=True)
    status = models.CharField(max_length=10, choices=OfflineStatus, default=OfflineStatus.ANNOUNCED)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    received = MoneyField(null=True)
    came_by = models.CharField(max_length=12, choices=OfflineWay, blank=True, default="", db_default="")
    evidence = models.CharField(max_length=200, blank=True)
    needs_two = models.BooleanField(default=False)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    second_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="offline_payment_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="offline_payment_received_by_somebody",
                condition=Q(
                    Q(needs_two=False) | Q(second_by__isnull=False),
                    status__in=["received", "taken_back"],
                    received__gt=0,
                    came_by__in=OfflineWay.values,
                    confirmed_by__isnull=False,
                    ended_at__isnull=False,
                )
                | Q(
                    status="second",
                    received__gt=0,
                    came_by__in=OfflineWay.values,
                    needs_two=True,
                    confirmed_by__isnull=False,
                    second_by__isnull=True,
                )
                | Q(
                    Q(status="canceled", ended_at__isnull=False) | Q(status="announced", ended_at__isnull=True),
                    received__isnull=True,
                    came_by="",
                    needs_two=False,
                    confirmed_by__isnull=True,
                    second_by__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="offline_payment_confirmed_by_others",
                condition=~Q(confirmed_by=F("user")) & ~Q(second_by=F("user")) & ~Q(second_by=F("confirmed_by")),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="offline_of_user"),
            models.Index(fields=["id"], name="offline_waiting", condition=Q(status__in=["announced", "second"])),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("offline")

    @property
    def source(self) -> str:
        """Where the money came from, in words such as "Check WH-7K2M-9QX"."""
        return f"{self.came_as} {self.code}"

    @property
    def came_as(self) -> str:
        """By which way it came, in words; before it has, by which way it was announced."""
        return str(OfflineWay(self.came_by or self.way).label)

    @property
    def is_other_way(self) -> bool:
        """Whether it came by another way than announced."""
        return self.came_by not in ("", self.way)

    @property
    def reference(self) -> str:
        """How the ledger's entries name this payment."""
        return f"{ANNOUNCED_REFERENCE}{self.pk}"

    @property
    def can_bounce(self) -> bool:
        """Whether what it brought is bound for a while (PAY-01)."""
        return self.came_by in CAN_BOUNCE

    @property
    def last_by(self) -> User | None:
        """Who confirmed it last."""
        return self.second_by or self.confirmed_by


class OfflineEvidence(models.Model):
    """Words that one announced payment rests on, as `evidence_key` writes them: no other one rests on the same (PAY-01).

    They are free again when what was confirmed is sent back or taken back.
    """

    key = models.CharField(max_length=EVIDENCE_MOST, primary_key=True)
    payment = models.ForeignKey(OfflinePayment, models.PROTECT, related_name="rests_on")

    class Meta:
        verbose_name_plural = "offline evidence"

    def __str__(self) -> str:
        return self.key


def evidence_key(words: str) -> str:
    """The letters and digits of some evidence, so that the same line typed twice is the same however it is typed."""
    plain = unicodedata.normalize("NFKC", words).casefold()
    signs = (str(unicodedata.digit(sign, sign)) for sign in plain if sign.isalnum())
    return "".join(signs)[:EVIDENCE_MOST]
