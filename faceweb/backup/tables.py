"""The database as lines of JSON, which SQLite and PostgreSQL both write and read.

A backup of one may be restored into the other. Rows come from one snapshot, while others write.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO

from django.apps import apps
from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.graph import MigrationGraph

from faceweb.backup.archive import BackupRefused, Entry
from foundation.collections import DEFAULT

BATCH = 500
PASSING = ("sessions.", "axes.", "faceweb.lease", "scaler.lease")
"""Tables of what is of the moment: who is logged in, locked out, or holds a lease."""

PLAIN = (type(None), bool, int, float, str, list, dict)


@contextmanager
def snapshot() -> Iterator[None]:
    """Queries of this thread see the database as it is now, and hold up nobody."""
    own = connections[DEFAULT_DB_ALIAS]
    options = dict(own.settings_dict["OPTIONS"])
    if own.vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"  # reads only: it must not take the write lock
    else:
        from psycopg import IsolationLevel

        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
    reader = type(own)({**own.settings_dict, "OPTIONS": options}, own.alias)
    connections[DEFAULT_DB_ALIAS] = reader
    try:
        with transaction.atomic():
            yield
    finally:
        reader.close()
        connections[DEFAULT_DB_ALIAS] = own


def applied_migrations() -> list[list[str]]:
    """The database's version: the migrations that made it. Raises BackupRefused."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise BackupRefused("The database is of an older version: start the system once, then stop")
    loader = executor.loader
    return sorted([*one] for one in loader.graph.nodes.keys() & loader.applied_migrations.keys())


def tables(known: Apps = apps) -> dict[str, type[models.Model]]:
    """Entry name -> model, of everything that is kept."""
    found = {f"tables/{one._meta.label_lower}": one for one in _stored(known)}
    return {
        name: one for name, one in found.items()
        if not name.removeprefix("tables/").startswith(PASSING)
    }  # fmt: skip


def _stored(known: Apps) -> Iterator[type[models.Model]]:
    for one in known.get_models(include_auto_created=True):
        if one._meta.managed and not one._meta.proxy:
            yield one


def write_rows(model: type[models.Model], file: IO[bytes]) -> int:
    """Write all rows of a table, a line each. Returns how many."""
    count = 0
    fields = model._meta.concrete_fields
    for row in model._base_manager.order_by("pk").iterator(BATCH):
        values = {field.attname: _plain(field, row) for field in fields}
        file.write(json.dumps(values).encode() + b"\n")
        count += 1
    return count


def _plain(field: models.Field, row: models.Model) -> object:
    value: object = field.value_from_object(row)
    return value if isinstance(value, PLAIN) else field.value_to_string(row)


def _own(name: str, model: type[models.Model]) -> models.QuerySet:
    """The rows that no migration makes: the default collection is always there."""
    rows = model._base_manager.all()
    return rows.exclude(pk=DEFAULT) if name == "tables/faceweb.collection" else rows


class Loading:
    """Fills a database with the rows of a backup, in one transaction.

    Parameters:
        migrations: the version of the database that the backup was made of.
    """

    def __init__(self, migrations: Iterable[Iterable[str]]) -> None:
        self._wanted = {(app, name) for app, name in migrations}
        self._known: Apps = apps
        self._models: dict[str, type[models.Model]] = {}

    def prepare(self) -> None:
        """Bring an empty database to the backup's version. Raises BackupRefused."""
        executor = MigrationExecutor(connection)
        graph = executor.loader.graph
        if unknown := self._wanted - executor.loader.disk_migrations.keys():
            app, name = min(unknown)
            raise BackupRefused(
                f"The backup was made by a newer version, or before the first release ({app} "
                f"{name}): install that one"
            )
        targets = self._last_of_each_app(graph)
        applied = graph.nodes.keys() & executor.loader.applied_migrations.keys()
        if not applied:
            executor.migrate(targets)
        elif applied != self._wanted:
            raise BackupRefused(
                "The backup is of another version than this database: restore it into an empty "
                "one (VAR_DIR, DATABASE_URL), which is then brought to this version"
            )
        self._known = MigrationExecutor(connection).loader.project_state(targets).apps
        self._models = tables(self._known)
        for model in self._models.values():
            for field in model._meta.concrete_fields:
                if isinstance(field, models.DateField):
                    field.auto_now = field.auto_now_add = False  # the backup knows when it was

    def _last_of_each_app(self, graph: MigrationGraph) -> list[tuple[str, str]]:
        """The wanted migrations that no other wanted one of their app follows."""
        wanted = self._wanted & set(graph.nodes)
        followed = {
            parent.key for node in wanted for parent in graph.node_map[node].parents
            if parent.key[0] == node[0]
        }  # fmt: skip
        return sorted(wanted - followed)

    def held(self) -> str:
        """What the database holds that no migration puts there, in words."""
        counts = {
            name.removeprefix("tables/"): _own(name, model).count()
            for name, model in self._models.items()
            if name.startswith(("tables/faceweb.", "tables/scaler.", "tables/auth.user"))
        }
        return ", ".join(f"{count} of {name}" for name, count in counts.items() if count)

    def clear(self) -> None:
        """Remove all rows, of what passes, too."""
        stored = [one._meta.db_table for one in _stored(self._known)]
        connection.ops.execute_sql_flush(
            connection.ops.sql_flush(no_style(), stored, reset_sequences=True, allow_cascade=True)
        )

    def read(self, entry: Entry) -> int:
        """Insert a table's rows. Returns how many. Raises BackupRefused."""
        model = self._models.get(entry.name)
        if model is None:
            raise BackupRefused(f"The backup has a table that is unknown here: {entry.name}")
        count = 0
        while lines := list(islice(entry.file, BATCH)):
            rows = [_row(model, json.loads(line)) for line in lines]
            model._base_manager.bulk_create(rows)
            count += len(rows)
        return count

    def finish(self) -> None:
        """New rows get numbers after the restored ones."""
        known = list(self._models.values())
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), known):
                cursor.execute(statement)


def _row(model: type[models.Model], values: dict[str, object]) -> models.Model:
    fields = model._meta.concrete_fields
    return model(**{field.attname: field.to_python(values[field.attname]) for field in fields})
