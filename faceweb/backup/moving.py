"""All rows into another, empty database, such as from SQLite to PostgreSQL."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dj_database_url
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from faceweb.backup import archive, tables
from faceweb.backup.archive import BackupRefused
from faceweb.backup.saving import Report, read_tables, write_tables


def move_database(url: str, report: Report) -> int:
    """Copy all rows of this system's database to that of `url`. Returns how many.

    The other database has all or, after any error, nothing; this one is only read. Nothing may
    serve meanwhile: what is written here later is not there. Raises BackupRefused, DatabaseError.
    """
    migrations = tables.applied_migrations()
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows"
        with archive.written(rows) as writer:
            write_tables(writer)
        with _default_database(url):
            loading = tables.Loading(migrations)
            loading.prepare()
            if held := loading.held():
                raise BackupRefused(
                    f"The other database is not empty: it has {held}. Name an empty one"
                )
            moved = read_tables(loading, rows, report)
            call_command("migrate", verbosity=0, interactive=False)
    return moved


@contextmanager
def _default_database(url: str) -> Iterator[None]:
    """Everything within uses that database. Raises BackupRefused for one that can't be reached."""
    own = connections[DEFAULT_DB_ALIAS]
    kept = connections.settings[DEFAULT_DB_ALIAS]
    parsed = dj_database_url.parse(url)
    connections.settings[DEFAULT_DB_ALIAS] = {**own.settings_dict, "OPTIONS": {}, **parsed}
    connections[DEFAULT_DB_ALIAS] = other = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        other.ensure_connection()
        yield
    except OperationalError as error:
        raise BackupRefused(f"The other database can't be used ({error}): check its URL") from None
    finally:
        other.close()
        connections.settings[DEFAULT_DB_ALIAS] = kept
        connections[DEFAULT_DB_ALIAS] = own
