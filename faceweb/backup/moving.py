"""All rows into another, empty database, such as from SQLite to PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import dj_database_url
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction

from faceweb.backup import tables
from faceweb.backup.archive import BackupRefused, Entry
from faceweb.backup.saving import SPOOL_BYTES

Report = Callable[[str, int], None]
"""Told a table and how many rows of it were copied."""


def move_database(url: str, report: Report) -> int:
    """Copy all rows of this system's database to that of `url`. Returns how many.

    The other database has all or, after any error, nothing; this one is only read. Nothing may
    serve meanwhile: what is written here later is not there. Raises BackupRefused, DatabaseError.
    """
    migrations = tables.applied_migrations()
    with tempfile.TemporaryFile() as pool:
        with tables.snapshot():
            spans = dict(_written(pool))
        with _default_database(url):
            return _filled(migrations, pool, spans, report)


def _written(pool: IO[bytes]) -> Iterator[tuple[str, int]]:
    """Write every table's rows one after another. Yields tables with their bytes."""
    for name, model in tables.tables().items():
        before = pool.tell()
        tables.write_rows(model, pool)
        yield name, pool.tell() - before


def _filled(
    migrations: list[list[str]], pool: IO[bytes], spans: dict[str, int], report: Report
) -> int:
    loading = tables.Loading(migrations)
    loading.prepare()
    if held := loading.held():
        raise BackupRefused(f"The other database is not empty: it has {held}. Name an empty one")
    total, start = 0, 0
    with transaction.atomic():
        loading.clear()
        for name, size in spans.items():
            pool.seek(start)
            with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as lines:
                lines.write(pool.read(size))
                lines.seek(0)
                count = loading.read(Entry(name=name, file=lines, about={}))
            report(name.removeprefix("tables/"), count)
            total, start = total + count, start + size
        loading.finish()
    call_command("migrate", verbosity=0, interactive=False)
    return total


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
