"""Changes of long tables that hold nobody up: web processes of the version before go on writing."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


def add_column(
    model_name: str, name: str, field: models.Field[Any, Any], **state: Any
) -> Operation:
    """Add a nullable column with a default of the database alone: at once, however long the table.

    `state` is what Django's own model says besides, such as `default`: with that SQLite would
    write the table anew.
    """
    _, _, arguments, options = field.deconstruct()
    whole = type(field)(*arguments, **{**options, **state})
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.AddField(model_name, name, field)],
        state_operations=[migrations.AddField(model_name, name, whole)],
    )


class AddIndex(migrations.AddIndex):
    """An index that PostgreSQL builds while rows are written. The migration must not be atomic."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.add_index(model, self.index, concurrently=True)
