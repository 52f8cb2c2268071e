"""Many rows into a table at once: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import connection, models, transaction

AT_ONCE = 5_000
"""Django keeps all rows of one call in memory."""


def write_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write rows of these fields; all other fields get their defaults.

    Values are as the database takes them: ids in hexadecimal, moments and JSON as text.
    """
    others = [
        field
        for field in model._meta.concrete_fields
        if field.name not in names and not isinstance(field, models.AutoField)
    ]
    fixed = tuple(field.get_db_prep_save(_default(field), connection) for field in others)
    columns = [str(getattr(model._meta.get_field(name), "column")) for name in names]  # noqa: B009
    columns += [str(field.column) for field in others]
    with transaction.atomic(), connection.cursor() as cursor:
        _write(cursor, model._meta.db_table, columns, ((*row, *fixed) for row in rows))


def _default(field: Any) -> Any:
    return None if field.null and not field.has_default() else field.get_default()


def _write(
    cursor: Any, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    named = ", ".join(connection.ops.quote_name(column) for column in columns)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([_text(value) for value in row])
        return
    places = ", ".join(["%s"] * len(columns))
    insert = f"INSERT INTO {table} ({named}) VALUES ({places})"  # noqa: S608 # nosec B608 - our own tables
    remaining = iter(rows)
    while some := list(islice(remaining, AT_ONCE)):
        cursor.executemany(insert, some)


def _text(value: object) -> Any:
    """psycopg's wrapper of JSON -> what COPY takes."""
    return json.dumps(value.obj) if hasattr(value, "obj") else value


def write_quickly() -> None:
    """Let SQLite keep what it writes in memory, and wait for no disk."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -800000")  # KiB: random ids touch every page


def tell_the_planner() -> None:
    """Let the database count what its tables hold, as it does by itself in time."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
