"""`manage.py movefaces`: make rows of the faces that an earlier version kept as JSON."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from faceweb.management.errors import told_to_people
from faceweb.people.faces.moving import is_moved, move_all
from faceweb.people.subject_list import refresh_people
from foundation.aws.storage import gallery_files
from foundation.config import get_settings


class Command(BaseCommand):
    help = (
        "Move the faces of old answers into rows of their own. The web tier does the same in the "
        "background; this does it at once. It may be stopped, and run again."
    )

    def handle(self, *args: object, **options: object) -> None:
        with told_to_people():
            if is_moved():
                self.stdout.write("All faces are rows already.")
                return
            refresh_people(gallery_files(get_settings()))
            looked_at = move_all()
        self.stdout.write(f"{looked_at} old answers were looked at. All faces are rows now.")
