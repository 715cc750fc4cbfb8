"""An approval is for exactly what was seen; what two have approved is let go by a timer (WDR-03)."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("finance", "0006_announced_payments")]
    operations = [
        migrations.AddField("approval", "digest", models.CharField(default="", max_length=64)),
        migrations.RemoveConstraint("approval", "approved_once_each"),
        migrations.AddConstraint(
            "approval", models.UniqueConstraint(fields=["batch", "by", "digest"], name="approved_once_each")
        ),
        migrations.RemoveConstraint("withdrawal", "withdrawal_is_watched_while_sent"),
        migrations.AddConstraint(
            "withdrawal",
            models.CheckConstraint(
                name="withdrawal_is_watched_while_sent",
                condition=Q(status__in=["sending", "sent"], next_try_at__isnull=False)
                | (~Q(status__in=["sending", "sent", "batched"]) & Q(next_try_at__isnull=True))
                | Q(status="batched"),
            ),
        ),
    ]
