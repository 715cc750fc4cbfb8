from datetime import timedelta

from django.db import migrations, models
from django.db.models import F


def look_at_what_is_there(apps, _schema_editor):
    """Files received before are looked at once, too."""
    uploads = apps.get_model("core", "Upload").objects
    uploads.update(unused_due_at=F("at") + timedelta(days=2))


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="unused_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("unused_due_at__isnull", False)),
                fields=["unused_due_at", "id"],
                name="upload_unused",
            ),
        ),
        migrations.RunPython(look_at_what_is_there, migrations.RunPython.noop),
    ]
