"""Many rows into a table at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from django.db import connection, models, transaction

AT_ONCE = 5_000
"""Django keeps all rows of one call in memory."""


def write_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write rows of these columns; all other fields get their defaults."""
    made = (model(**dict(zip(names, row, strict=True))) for row in rows)
    with transaction.atomic():
        while some := list(islice(made, AT_ONCE)):
            model._default_manager.bulk_create(some)


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
