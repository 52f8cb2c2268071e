"""`manage.py movedatabase`: the whole history into PostgreSQL."""

import os

from django.core.management.base import BaseCommand, CommandError, CommandParser

from faceweb.backup.archive import BackupRefused
from faceweb.backup.moving import move_database
from faceweb.management.errors import translate_errors
from foundation.config import get_settings
from foundation.local_state.running_system import recorded_system

VARIABLE = "MOVE_TO_DATABASE_URL"


class Command(BaseCommand):
    help = (
        "Copy everything in this system's database to another, empty one: people, history, users, "
        "keys. Stop the web tier and the scaler before, and set DATABASE_URL to the other database "
        "after. This database stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "url", nargs="?", default=os.environ.get(VARIABLE), metavar="URL",
            help=f"such as postgres://user:password@host/name (else {VARIABLE})",
        )  # fmt: skip

    def handle(self, *args: object, url: str | None, **options: object) -> None:
        """Raises CommandError while the system runs, and for a database that can't be filled."""
        if not url:
            raise CommandError(
                f"Name the other database: a URL, or {VARIABLE}. On AWS, `provision -p Moving=yes` "
                "makes one and sets it."
            )
        if recorded_system(get_settings().var_dir):
            raise CommandError("The system runs: stop it first (Ctrl-C), then move.")
        with translate_errors():
            try:
                count = move_database(url, self._report)
            except BackupRefused as error:
                raise CommandError(f"{error}.") from None
            except ValueError as error:
                raise CommandError(f"This is no URL of a database: {error}") from None
        self.stdout.write(f"{count} rows were copied. Start with the other DATABASE_URL now.")

    def _report(self, table: str, count: int) -> None:
        if count:
            self.stdout.write(f"  {table:<32} {count:>9,}")
            self.stdout.flush()
