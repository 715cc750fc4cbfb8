"""What others can check: sealed days, numbered documents, runs of the proof."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SealedDay(models.Model):
    """A day's postings under one hash, chained to the day before (FIN-06, FIN-07).

    It seals what was booked until `until` by transactions before `horizon` and by no earlier seal. `numbers` are the ids of
    its postings, eight bytes each, `leaves` their hashes, `seed` what makes a leaf unguessable. `totals` are cents.
    """

    day = models.DateField(unique=True)
    until = models.DateTimeField()
    horizon = models.BigIntegerField()
    count = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    chained = models.CharField(max_length=64, unique=True)
    totals = models.JSONField()
    seed = models.BinaryField()
    numbers = models.BinaryField()
    leaves = models.BinaryField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class DocumentKind(models.TextChoices):
    """What a numbered document is (FIN-05)."""

    RECEIPT = "receipt", _("Receipt")
    INVOICE = "invoice", _("Invoice")


class DocumentSeries(models.Model):
    """The last number given in a series; locked while the next one is, so that no number is missing or doubled."""

    kind = models.CharField(max_length=10, choices=DocumentKind, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "document series"

    def __str__(self) -> str:
        return self.kind


class Document(models.Model):
    """A receipt or invoice under its number, with everything that stands on it; never changed (FIN-05).

    `other` is the second person who may see it: the seller of an invoice.
    """

    kind = models.CharField(max_length=10, choices=DocumentKind)
    number = models.PositiveIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="documents")
    other = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reference = models.CharField(max_length=40)
    facts = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="document_number_used_once"),
            models.UniqueConstraint(fields=["kind", "reference"], name="one_document_for_each"),
        ]
        indexes = [models.Index(fields=["user", "-id"], name="document_of_user")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class ProofRun(models.Model):
    """One run of the proof: whether every law held, the sums in cents, and what broke (FIN-07)."""

    at = models.DateTimeField()
    holds = models.BooleanField()
    entries = models.PositiveBigIntegerField()
    sums = models.JSONField()
    broken = models.JSONField(default=dict, blank=True)
    seconds = models.FloatField()

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="proof_run_newest"),
            models.Index(fields=["at"], name="proof_run_broken", condition=Q(holds=False)),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.holds}"
