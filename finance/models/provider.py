"""What the payment provider has told us of its own side."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.fields import MoneyField
from finance.models.ledger import Entry


class ProviderEvent(models.Model):
    """A webhook that was received and acted on; the same event told again changes nothing."""

    id = models.CharField(primary_key=True, max_length=100)
    kind = models.CharField(max_length=60)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class ProviderMovement(models.Model):
    """One movement of the money that the provider holds for us, copied from its own list (FIN-07).

    `amount` and `fee` are cents as the provider counts them: positive in, fees positive. `entry` is what booked it here.
    """

    id = models.CharField(primary_key=True, max_length=100)
    kind = models.CharField(max_length=40)
    source = models.CharField(max_length=100, blank=True)
    amount = MoneyField()
    fee = MoneyField(default=0)
    at = models.DateTimeField()
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="movement")

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="movement_newest"),
            models.Index(fields=["at"], name="movement_unmatched", condition=Q(entry__isnull=True)),
            models.Index(fields=["source"], name="movement_source"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
