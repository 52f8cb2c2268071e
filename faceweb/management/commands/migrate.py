"""`manage.py migrate`: Django's, which says what to do with a database that is too old."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

FIRST_RELEASE = "0001_first_release"
TOO_OLD = (
    "This database is of an older checkout, and lacks {lacking}. Run `git checkout 16d64d6` and "
    "start that once, which completes it; or begin with an empty database."
)


class Command(DjangoMigrate):
    def handle(self, *args: Any, **options: Any) -> None:
        applied = MigrationRecorder(connections[options["database"]]).applied_migrations()
        for app in ("faceweb", "scaler"):
            wanted = import_module(f"{app}.migrations.{FIRST_RELEASE}").BEFORE_RELEASE
            lacking = [name for name in wanted if (app, name) not in applied]
            if 0 < len(lacking) < len(wanted) and (app, FIRST_RELEASE) not in applied:
                raise CommandError(TOO_OLD.format(lacking=f"{app} {lacking[0]}"))
        super().handle(*args, **options)
