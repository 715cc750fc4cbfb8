"""What users are told: one notice per event and user, and the mails made of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.models import Event


class Notice(models.Model):
    """One line in a user's notification center about one event (MSG-05). `facts` fills the words of its kind."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    event = models.ForeignKey(Event, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)
    url = models.CharField(max_length=200)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event", "kind"], name="told_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notices_of_user"),
            models.Index(fields=["user"], name="unread_notices", condition=models.Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"


class Letter(models.Model):
    """The e-mail of a notice: written with it, sent by a task; `sent_at` stays empty until the mail server took it."""

    notice = models.OneToOneField(Notice, models.CASCADE, related_name="letter")
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at", "id"], name="letters_due", condition=models.Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"letter {self.notice_id}"
