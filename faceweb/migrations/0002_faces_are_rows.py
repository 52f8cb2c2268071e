"""Faces are rows of their own table: the column that once held a job's as JSON is not read."""

from django.core.management.base import CommandError
from django.db import migrations

NOT_MOVED = (
    "This database is of an older checkout, and holds faces that are no rows yet. Run `git checkout "
    "16d64d6` and let its web tier run until all are, then start this again."
)


def refuse_unmoved(apps, schema_editor):
    """Raises CommandError: faces would be dropped, and an erasure would not find those of videos."""
    job, video = (apps.get_model("faceweb", name).objects for name in ("Job", "Video"))
    alias = schema_editor.connection.alias
    of_videos = video.using(alias).exclude(frames=[]).values_list("frames", flat=True).iterator()
    in_videos = any(frame.get("faces") for frames in of_videos for frame in frames)
    if in_videos or job.using(alias).exclude(old_faces=[]).exists():
        raise CommandError(NOT_MOVED)


class Migration(migrations.Migration):
    dependencies = [("faceweb", "0001_first_release")]

    operations = [
        migrations.RunPython(refuse_unmoved, migrations.RunPython.noop),
        migrations.RemoveField(model_name="job", name="has_unknown"),
        migrations.RemoveField(model_name="job", name="old_faces"),
    ]
