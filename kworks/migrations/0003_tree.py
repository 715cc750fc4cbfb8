from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from kworks.steps.planting import plant_tree


def plant(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Give every new database the tree to start with."""
    plant_tree(apps.get_model("kworks", "Category"), apps.get_model("kworks", "Attribute"))


class Migration(migrations.Migration):
    dependencies = [("kworks", "0002_moderation")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
