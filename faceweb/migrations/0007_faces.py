"""Faces become rows. Nothing is moved here, so that this is quick however many jobs there are:
`faceweb.people.faces.moving` moves the old faces while the system serves."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("faceweb", "0006_job_options"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("place", models.JSONField(default=dict)),
            ],
        ),
        # The list of people is a copy of the gallery, so it may be made new.
        migrations.DeleteModel(name="Subject"),
        migrations.CreateModel(
            name="Subject",
            fields=[
                (
                    "person_id",
                    models.CharField(
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("name_key", models.CharField(editable=False, max_length=800)),
                ("examples", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "erased_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="erased"),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="merged",
                        to="faceweb.subject",
                    ),
                ),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "ordering": ["name"],
                "indexes": [
                    models.Index(fields=["name"], name="subject_name"),
                    models.Index(fields=["name_key"], name="subject_name_key"),
                ],
            },
        ),
        migrations.RemoveIndex(model_name="job", name="job_unknown"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="job", name="faces"),
                migrations.AddField(
                    model_name="job",
                    name="old_faces",
                    field=models.JSONField(db_column="faces", default=list, editable=False),
                ),
                migrations.AlterField(
                    model_name="job",
                    name="has_unknown",
                    field=models.BooleanField(default=False, editable=False),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["result", "-created_at"], name="job_result"),
        ),
        migrations.CreateModel(
            name="Face",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("frame", models.PositiveIntegerField(null=True)),
                ("number", models.PositiveSmallIntegerField()),
                ("seen_at", models.DateTimeField(verbose_name="accepted")),
                ("left", models.FloatField()),
                ("top", models.FloatField()),
                ("right", models.FloatField()),
                ("bottom", models.FloatField()),
                ("probability", models.FloatField()),
                ("landmarks", models.JSONField(default=list)),
                ("size_pixels", models.FloatField(null=True)),
                ("sharpness", models.FloatField(null=True)),
                ("turned", models.FloatField(null=True)),
                (
                    "left_out",
                    models.CharField(blank=True, max_length=255, verbose_name="why it was skipped"),
                ),
                (
                    "not_named",
                    models.CharField(blank=True, max_length=255, verbose_name="why it got no name"),
                ),
                (
                    "word",
                    models.CharField(blank=True, max_length=255, verbose_name="name without an id"),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[("model", "the model"), ("user", "a person")],
                        max_length=8,
                        verbose_name="said by",
                    ),
                ),
                ("named_at", models.DateTimeField(null=True, verbose_name="named")),
                ("similarity", models.FloatField(null=True)),
                ("distance", models.FloatField(null=True)),
                ("candidates", models.JSONField(default=list)),
                ("embedding", models.BinaryField(null=True)),
                (
                    "is_answer",
                    models.BooleanField(default=False, verbose_name="is the picture's answer"),
                ),
                (
                    "is_unknown",
                    models.BooleanField(default=False, verbose_name="waits for a name"),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="faces",
                        to="faceweb.job",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="faces",
                        to="faceweb.subject",
                    ),
                ),
                (
                    "video",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="faces",
                        to="faceweb.video",
                    ),
                ),
            ],
            options={
                "ordering": ["job_id", "video_id", "frame", "number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("person__isnull", False)),
                        fields=["person", "-seen_at"],
                        name="face_of_person",
                    ),
                    models.Index(
                        condition=models.Q(("is_unknown", True)),
                        fields=["-seen_at"],
                        name="face_unknown",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("job__isnull", False)),
                        fields=("job", "number"),
                        name="face_of_job",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("video__isnull", False)),
                        fields=("video", "frame", "number"),
                        name="face_of_video",
                    ),
                ],
            },
        ),
    ]
