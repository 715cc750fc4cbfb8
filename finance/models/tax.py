"""Tax forms, encrypted, and who read them (TAX-01)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TaxFormKind(models.TextChoices):
    """Which form a seller signs (TAX-01)."""

    W9 = "w9", _("Form W-9")
    W8BEN = "w8ben", _("Form W-8BEN")


class Residence(models.TextChoices):
    """The answer to where somebody lives, as far as the rule asks (TAX-01)."""

    OUTSIDE = "outside", _("Outside the United States")
    PERMITTED = "permitted", _("In the United States, with permission to work there")
    NOT_PERMITTED = "not_permitted", _("In the United States, without permission to work there")


class TaxAnswer(models.Model):
    """The two answers that choose the form, or that say that this user may not sell here (TAX-01)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tax_answer")
    citizen = models.BooleanField()
    residence = models.CharField(max_length=15, choices=Residence)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"tax answer of {self.user_id}"


class TaxForm(models.Model):
    """A signed form; `sealed` is its content, encrypted. A newer one replaces it, none is changed.

    The database refuses changes of anything but `sealed`, which new keys encrypt anew, and `replaced_at`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tax_forms")
    kind = models.CharField(max_length=10, choices=TaxFormKind)
    sealed = models.BinaryField()
    signed_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(replaced_at__isnull=True), name="one_form_in_force")
        ]
        permissions = [("read_taxform", "Can read tax forms")]

    def __str__(self) -> str:
        return f"tax form {self.pk}"


class TaxReading(models.Model):
    """That somebody of staff has read a form, and what for (TAX-01)."""

    form = models.ForeignKey(TaxForm, models.PROTECT, related_name="readings")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=200)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.form_id} {self.by_id}"
