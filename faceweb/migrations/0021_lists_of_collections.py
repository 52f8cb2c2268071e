"""Lists of one collection by an index of their own, built while rows are written."""

from django.db import migrations, models

from faceweb.migrations._while_serving import AddIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("faceweb", "0020_collections"),
    ]

    operations = [
        AddIndex(
            model_name="job",
            index=models.Index(fields=["collection", "-created_at"], name="job_of_collection"),
        ),
        AddIndex(
            model_name="subject",
            index=models.Index(fields=["collection", "name_key"], name="subject_of_collection"),
        ),
        migrations.RemoveIndex(model_name="subject", name="subject_name_key"),
    ]
