"""The first texts that newcomers agree to (ACC-01). A new version is added in the admin or by a further migration."""

from datetime import UTC, datetime
from pathlib import Path

from django.db import migrations

TEXTS = Path(__file__).resolve().parent.parent / "agreements"
FIRST = (("user-agreement", "User agreement"), ("privacy", "Privacy policy"))
PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)


def add(apps, schema_editor):
    Agreement = apps.get_model("accounts", "Agreement")
    for slug, title in FIRST:
        Agreement.objects.get_or_create(
            slug=slug,
            version="1",
            defaults={"title": title, "text": (TEXTS / f"{slug}-1.md").read_text("utf-8"), "published_at": PUBLISHED},
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
