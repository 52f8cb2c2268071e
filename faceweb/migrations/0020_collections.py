"""Collections and teams. No row is written: those that are there read as the default one's."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import faceweb.models.collections
from faceweb.migrations._while_serving import add_column
from foundation.collections import DEFAULT


def make_default(apps, schema_editor):
    apps.get_model("faceweb", "Collection").objects.get_or_create(
        pk=DEFAULT, defaults={"name": DEFAULT}
    )


def collection_of(model_name):
    column = models.ForeignKey(
        to="faceweb.collection",
        on_delete=django.db.models.deletion.DO_NOTHING,
        null=True,
        db_default=DEFAULT,
        db_constraint=False,
        db_index=False,
        editable=False,
        related_name="+",
    )
    return add_column(model_name, "collection", column, default=DEFAULT)


class Migration(migrations.Migration):
    dependencies = [
        ("faceweb", "0041_expected_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "s3_buckets",
                    models.CharField(
                        blank=True,
                        help_text="Buckets whose pictures its keys may name, comma separated; "
                        "empty: none",
                        max_length=500,
                        verbose_name="S3 buckets",
                    ),
                ),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "viewer: looks"),
                            ("operator", "operator: pictures and people, too"),
                            ("owner", "owner: collections, too"),
                        ],
                        default="viewer",
                        max_length=8,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="faceweb.team",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("team", "user"), name="member_once")
                ]
            },
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=faceweb.models.collections.new_collection_id,
                        editable=False,
                        max_length=32,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("model", models.CharField(blank=True, editable=False, max_length=64)),
                ("threshold", models.FloatField(blank=True, null=True)),
                ("most_people", models.PositiveIntegerField(blank=True, null=True)),
                ("most_examples", models.PositiveIntegerField(blank=True, null=True)),
                ("retention_days_pictures", models.PositiveIntegerField(blank=True, null=True)),
                ("retention_days_history", models.PositiveIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "deleted_at",
                    models.DateTimeField(
                        db_index=True, editable=False, null=True, verbose_name="deleted"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collections",
                        to="faceweb.team",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("team", "name"), name="collection_of_team"),
                    models.UniqueConstraint(
                        condition=Q(("team", None)), fields=("name",), name="collection_of_system"
                    ),
                ],
            },
        ),
        migrations.RunPython(make_default, migrations.RunPython.noop),
        migrations.AddField(
            model_name="apikey",
            name="may_manage_collections",
            field=models.BooleanField(default=False, verbose_name="make and delete collections"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="may_sign",
            field=models.BooleanField(
                default=False,
                help_text="Requests may be signed with it, as AWS's SDKs do. It is then kept, "
                "encrypted.",
                verbose_name="for AWS's SDKs",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="access_key",
            field=models.CharField(editable=False, max_length=20, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="sealed_secret",
            field=models.CharField(blank=True, default="", editable=False, max_length=400),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="apikey",
            name="team",
            field=models.ForeignKey(
                blank=True,
                help_text="Whose collections it may use; empty: the system's own",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="faceweb.team",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="collection",
            field=models.ForeignKey(
                blank=True,
                help_text="The only collection that it may use; empty: all of the team's",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="faceweb.collection",
            ),
        ),
        collection_of("job"),
        collection_of("subject"),
        collection_of("batch"),
    ]
