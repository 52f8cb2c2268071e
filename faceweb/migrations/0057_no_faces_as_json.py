"""Refuses a database whose faces are JSON still: version 0.1.0 makes rows of them, in the
background of its web tier or at once by its `manage.py movefaces`."""

from django.core.management.base import CommandError
from django.db import migrations

MOVED = ("faces of jobs moved", "faces of videos moved")


def refuse_old_faces(apps, schema_editor):
    rows = apps.get_model("faceweb", "Bookmark").objects.filter(name__in=MOVED)
    if sum(row.place.get("is_done", False) for row in rows) == len(MOVED):
        return
    frames = apps.get_model("faceweb", "Video").objects.values_list("frames", flat=True)
    in_videos = any(frame.get("faces") for found in frames.iterator() for frame in found)
    if in_videos or apps.get_model("faceweb", "Job").objects.exclude(old_faces=[]).exists():
        raise CommandError(
            "This database is of a version before 0.1.0, and its faces are no rows yet. "
            "Run `manage.py movefaces` of version 0.1.0 on it, and start this version then."
        )


class Migration(migrations.Migration):
    dependencies = [("faceweb", "0056_uploads")]

    operations = [migrations.RunPython(refuse_old_faces, migrations.RunPython.noop)]
