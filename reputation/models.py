"""What buyers say about finished orders."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kworks.models import Kwork
from orders.models import Order


class Feedback(models.Model):
    """A buyer's like or dislike with text about one order (RAT-06); shown on the kwork and the seller's profile."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="feedback")
    kwork = models.ForeignKey(Kwork, models.PROTECT, related_name="feedbacks")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    positive = models.BooleanField(_("satisfied"))
    text = models.TextField(_("text"), max_length=2000)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["kwork", "-id"], name="feedback_of_kwork"),
            models.Index(fields=["seller", "-id"], name="feedback_of_seller"),
        ]

    def __str__(self) -> str:
        return f"feedback on {self.order_id}"
