"""Faces by the ids of Amazon Rekognition's API; expected people by collection."""

import django.db.models.deletion
from django.db import migrations, models

from faceweb.migrations._while_serving import add_column
from foundation.collections import DEFAULT


def column(**more):
    return models.ForeignKey(
        to="faceweb.collection",
        on_delete=django.db.models.deletion.DO_NOTHING,
        null=True,
        db_default=DEFAULT,
        db_constraint=False,
        db_index=False,
        editable=False,
        related_name="+",
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("faceweb", "0045_strangers_and_tracks"),
    ]

    operations = [
        migrations.AddField(
            model_name="collection",
            name="emptied_at",
            field=models.DateTimeField(
                editable=False, null=True, verbose_name="all of it is deleted"
            ),
        ),
        migrations.CreateModel(
            name="IndexedFace",
            fields=[
                (
                    "face_id",
                    models.CharField(max_length=36, primary_key=True, serialize=False),
                ),
                ("collection", column(default=DEFAULT)),
                ("person_id", models.CharField(db_index=True, max_length=64)),
                ("example_id", models.CharField(max_length=32)),
                ("image_id", models.CharField(max_length=36)),
                ("external_image_id", models.CharField(blank=True, max_length=255)),
                ("left", models.FloatField()),
                ("top", models.FloatField()),
                ("width", models.FloatField()),
                ("height", models.FloatField()),
                ("confidence", models.FloatField()),
                ("model", models.CharField(max_length=64)),
            ],
            options={"ordering": ["face_id"]},
        ),
        migrations.AddIndex(
            model_name="indexedface",
            index=models.Index(fields=["collection", "face_id"], name="indexed_of_collection"),
        ),
        add_column("expectedperson", "collection", column(), default=DEFAULT),
        migrations.AlterField(
            model_name="job",
            name="kind",
            field=models.CharField(
                choices=[
                    ("recognise", "recognise"),
                    ("embed", "enrol"),
                    ("detect", "detect"),
                    ("verify", "verify"),
                    ("search", "search"),
                ],
                default="recognise",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="expectedperson",
            name="name_key",
            field=models.CharField(max_length=800),
        ),
        migrations.AddConstraint(
            model_name="expectedperson",
            constraint=models.UniqueConstraint(
                fields=["collection", "name_key"], name="expected_once"
            ),
        ),
    ]
