"""Times in the database's own arithmetic: Django's functions call Python for each row on SQLite."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import FloatField, Func, IntegerField
from django.db.models.sql.compiler import SQLCompiler


class EpochSeconds(Func):
    """A moment as whole seconds since the epoch."""

    arity = 1
    output_field: IntegerField = IntegerField()
    template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS BIGINT)"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: str
    ) -> tuple[str, tuple[str | int, ...]]:
        text = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=text, **extra)


class SecondsBetween(Func):
    """The seconds from one moment to another."""

    arity = 2
    output_field: FloatField = FloatField()
    template = "CAST(-EXTRACT(EPOCH FROM %(expressions)s) AS DOUBLE PRECISION)"
    arg_joiner = " - "

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: str
    ) -> tuple[str, tuple[str | int, ...]]:
        text = "(julianday(%(expressions)s)) * -86400.0"
        joiner = ") - julianday("
        return self.as_sql(compiler, connection, template=text, arg_joiner=joiner, **extra)
