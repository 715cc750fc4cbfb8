"""Codes that credit bonus money (FIN-04)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.sql.compiler import SQLCompiler

from core.fields import MoneyField
from finance.models.ledger import Entry
from finance.rules import PROMO_EARLIEST, PROMO_LATEST


class PromoTime(models.DateTimeField[datetime, datetime]):
    """A time of a code; one out of all bounds, which Python could not read, is read as the bound. Stored as any other."""

    def select_format(self, compiler: SQLCompiler, sql: str, params: Any) -> tuple[str, Any]:
        return f"LEAST(GREATEST({sql}, %s), %s)", (*params, PROMO_EARLIEST, PROMO_LATEST)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs


class PromoCode(models.Model):
    """A code that credits the bonus balance: how much, from when until when, how often in all and per user (FIN-04).

    Upper case only. `uses` counts what was redeemed. Once used, only its end and its limits can change.
    """

    code = models.CharField(max_length=30, unique=True)
    amount = MoneyField()
    valid_from = PromoTime()
    valid_until = PromoTime()
    most_uses = models.PositiveIntegerField()
    most_per_user = models.PositiveSmallIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0, editable=False)
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="promo_code_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="promo_code_ends_after_it_begins", condition=Q(valid_until__gt=F("valid_from"))
            ),
            models.CheckConstraint(name="promo_code_within_its_limit", condition=Q(uses__lte=F("most_uses"))),
        ]

    def __str__(self) -> str:
        return self.code


class PromoUse(models.Model):
    """That a user redeemed a code, for the `nth` time."""

    code = models.ForeignKey(PromoCode, models.PROTECT, related_name="redeemed")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="promo_uses")
    nth = models.PositiveSmallIntegerField()
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="promo_use")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "user", "nth"], name="redeemed_once_each")]

    def __str__(self) -> str:
        return f"{self.code_id} {self.user_id}"
