"""Pictures that clients send to S3 themselves, and that are not there yet."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from foundation.collections import DEFAULT


class Migration(migrations.Migration):
    dependencies = [("faceweb", "0050_groups_merged_by_people")]

    operations = [
        migrations.CreateModel(
            name="PendingUpload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("filename", models.CharField(max_length=255)),
                ("options", models.JSONField(blank=True, default=dict)),
                ("webhook", models.CharField(blank=True, max_length=2000)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "collection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_default=DEFAULT,
                        db_index=False,
                        default=DEFAULT,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="faceweb.collection",
                    ),
                ),
            ],
        ),
    ]
