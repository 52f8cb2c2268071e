"""Keys that expire and are bound to addresses; the groups "viewer" and "operator"."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

import faceweb.models.access
from faceweb.access.permissions import make_roles


def add_roles(apps, schema_editor):
    """Django itself makes permissions only after all migrations."""
    for label in ("faceweb", "scaler"):
        create_permissions(installed.get_app_config(label), verbosity=0, apps=installed)
    make_roles(
        apps.get_model("auth", "Group").objects, apps.get_model("auth", "Permission").objects
    )


class Migration(migrations.Migration):
    dependencies = [
        ("faceweb", "0007_faces"),
        ("scaler", "__first__"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="addresses",
            field=models.CharField(
                blank=True,
                help_text="Addresses and networks that may use it, comma separated; empty: all",
                max_length=500,
                validators=[faceweb.models.access.check_networks],
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="expires_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Not valid from then on; empty: for ever",
                null=True,
                verbose_name="expires",
            ),
        ),
        migrations.RunPython(add_roles, migrations.RunPython.noop),
    ]
