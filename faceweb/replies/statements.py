"""Statements that every picture needs, as SQL that is written once.

Django's ORM compiles each statement again, in Python: 0.3 to 0.5 ms of the processor for what the
database does in 0.03. Values still go through the model's fields, so that each database gets what
the ORM would give it, and errors are Django's. No signal is sent. What is not in every picture's
way stays with the ORM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import AutoField, Model

from foundation.parts import in_parts


class InsertMany:
    """Inserts rows of one model, a few hundred with one statement. A key that counts up is the
    database's to give."""

    ROWS_AT_ONCE = 500

    def __init__(self, model: type[Model]) -> None:
        self._fields = [
            one for one in model._meta.concrete_fields if not isinstance(one, AutoField)
        ]
        self._table = model._meta.db_table

    @cached_property
    def _start(self) -> str:
        columns = ", ".join(_quoted(field.column) for field in self._fields)
        return f"INSERT INTO {_quoted(self._table)} ({columns}) VALUES "  # noqa: S608 # nosec B608 - our own names

    def __call__(self, rows: Sequence[Model]) -> None:
        """Insert unsaved rows, all of whose fields are set."""
        for part in in_parts(rows, self.ROWS_AT_ONCE):
            self._insert(part)

    def _insert(self, rows: Sequence[Model]) -> None:
        places = f"({', '.join(['%s'] * len(self._fields))})"
        values = [
            field.get_db_prep_save(field.pre_save(row, True), connection)
            for row in rows
            for field in self._fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._start + ", ".join([places] * len(rows)), values)


class Update:
    """Changes fields of the row with a key, where a condition holds.

    `only_if` is the condition, in SQL; `written_as` has SQL for fields that don't simply become
    what they are given. `returning` are the fields whose values tell that the row was changed.
    """

    def __init__(
        self,
        model: type[Model],
        fields: Iterable[str],
        *,
        only_if: str,
        returning: Sequence[str],
        written_as: Mapping[str, str] | None = None,
    ) -> None:
        self._fields: list[Any] = [model._meta.get_field(name) for name in fields]
        self._key, self._table = model._meta.pk, model._meta.db_table
        self._only_if = only_if
        self._written_as = written_as or {}
        self._returned: list[Any] = [model._meta.get_field(name) for name in returning]

    @cached_property
    def _sql(self) -> str:
        assignments = ", ".join(
            f"{_quoted(field.column)} = {self._written_as.get(field.name, '%s')}"
            for field in self._fields
        )
        return (
            f"UPDATE {_quoted(self._table)} SET {assignments} "  # noqa: S608 # nosec B608 - our own names
            f"WHERE {_quoted(self._key.column)} = %s AND {self._only_if} "
            f"RETURNING {', '.join(_quoted(field.column) for field in self._returned)}"
        )

    def __call__(
        self, key: object, changes: Mapping[str, object], parameters: Sequence[str] = ()
    ) -> tuple[Any, ...] | None:
        """What the row has in `returning` then; None where no row was changed."""
        values = [field.get_db_prep_save(changes[field.name], connection) for field in self._fields]
        with connection.cursor() as cursor:
            cursor.execute(
                self._sql, [*values, self._key.get_db_prep_save(key, connection), *parameters]
            )
            row = cursor.fetchone()
        if row is None:
            return None
        return tuple(self._as_in_model(*pair) for pair in zip(self._returned, row, strict=True))

    def _as_in_model(self, field: Any, value: Any) -> Any:
        column = field.get_col(self._table)
        converters = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
        for convert in converters:
            value = convert(value, column, connection)
        return value


def _quoted(name: str | None) -> str:
    return str(connection.ops.quote_name(str(name)))
