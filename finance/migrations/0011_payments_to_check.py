"""Payments that staff has to look at are counted without looking at all others."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("finance", "0010_what_really_came"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="topup",
            index=models.Index(condition=models.Q(("status", "questioned")), fields=["user"], name="top_up_questioned"),
        ),
    ]
