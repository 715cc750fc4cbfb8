"""When the provider was last asked to do something for a withdrawal: until that must have ended nobody stops it (WDR-03)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("finance", "0008_facts_stay")]
    operations = [migrations.AddField("withdrawal", "asked_at", models.DateTimeField(null=True))]
