"""Faces are rows of their own table: the column that once held a job's as JSON is not read."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("faceweb", "0001_first_release")]

    operations = [
        migrations.RemoveField(model_name="job", name="has_unknown"),
        migrations.RemoveField(model_name="job", name="old_faces"),
    ]
