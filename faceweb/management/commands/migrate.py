"""`manage.py migrate`: Django's, which says what to do with a database that is too old."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

FIRST_RELEASE = ("faceweb", "0001_first_release")
TOO_OLD = (
    "This database was made before the first release. Begin with an empty one: name another "
    "VAR_DIR or DATABASE_URL."
)


class Command(DjangoMigrate):
    def handle(self, *args: object, **options: Any) -> None:
        """Raises CommandError for a database that is too old."""
        applied = MigrationRecorder(connections[options["database"]]).applied_migrations()
        if FIRST_RELEASE not in applied and any(app == FIRST_RELEASE[0] for app, _ in applied):
            raise CommandError(TOO_OLD)
        super().handle(*args, **options)
