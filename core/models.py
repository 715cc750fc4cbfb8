"""What every room stands on: events, uploads, the development clock. No words of the domain."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """Something that happened, written in the same transaction as the change itself; never changed afterward.

    The events of one subject are its timeline; `handed_at` stays empty until every reaction has run.
    """

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    handed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "subject_id", "id"], name="event_timeline"),
            models.Index(fields=["id"], name="event_waiting", condition=models.Q(handed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}:{self.subject_id}"


class Handled(models.Model):
    """That one reaction has run for one event; written in the reaction's own transaction, so it runs once."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="handled")
    reaction = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "reaction"], name="one_reaction_per_event")]

    def __str__(self) -> str:
        return f"{self.reaction} of {self.event_id}"


def upload_path(upload: Upload, filename: str) -> str:
    """A path that nobody can guess and that keeps nothing of the name given by the user."""
    return f"uploads/{upload.id.hex[:2]}/{upload.id.hex}"


class Upload(models.Model):
    """A received file whose kind was proven by its content (CAT-20). Who may see it is the attaching thing's matter.

    `unused_due_at` runs until the file was found attached; what nothing has attached by then is removed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    file = models.FileField(upload_to=upload_path)
    name = models.CharField(_("name"), max_length=160)
    kind = models.CharField(max_length=10)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    unused_due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["unused_due_at", "id"], name="upload_unused", condition=models.Q(unused_due_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")


class ClockShift(models.Model):
    """Development only: how far the time machine has moved the site's clock. One row."""

    shift = models.DurationField(default=timedelta())

    def __str__(self) -> str:
        return str(self.shift)
