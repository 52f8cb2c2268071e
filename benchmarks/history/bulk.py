"""Many rows into a table at once."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from django.db import connection, models, transaction

AT_ONCE = 5_000
"""Django keeps all rows of one call in memory."""


def write_rows(rows: Iterable[models.Model]) -> None:
    """Write rows of one table."""
    left = iter(rows)
    with transaction.atomic():
        while some := list(islice(left, AT_ONCE)):
            type(some[0])._default_manager.bulk_create(some)


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
