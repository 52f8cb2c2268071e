"""What needs Django: loaded only by commands that look into the database or wait for workers."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from faces.errors import Problem

if TYPE_CHECKING:
    from foundation.config import Settings


@contextmanager
def django_ready() -> Iterator[Settings]:
    """The settings, with Django set up; a running system on this machine is found.

    Errors that are foreseen become sentences.
    """
    from faceweb.__main__ import prepare

    prepare()
    import django

    django.setup()
    from faceweb.management.errors import translate_errors
    from foundation import logs
    from foundation.config import get_settings

    logs.configure(get_settings().model_copy(update={"log_level": "WARNING"}))  # people read this
    with translate_errors():
        yield get_settings()


@contextmanager
def database_ready() -> Iterator[Settings]:
    """The same where the database is there: asking makes none. Raises Problem."""
    with django_ready() as settings:
        from django.db import connection

        if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
            raise Problem(
                f"There is no database yet in {settings.var_dir}: start with `faces run`."
            )
        yield settings


class JsonApart(io.TextIOBase):
    """Sends the line that is JSON to standard output, and all others to standard error."""

    def write(self, text: str) -> int:
        """Send one line on; returns how many characters it has."""
        is_json = text.startswith(("{", "["))
        return (sys.stdout if is_json else sys.stderr).write(text)


def manage(name: str, *arguments: object, as_json: bool = False, **options: object) -> None:
    """Run a management command, which prints its result itself."""
    with django_ready():
        from django.core.management import call_command

        if as_json:
            call_command(name, *arguments, json=True, stdout=JsonApart(), **options)
        else:
            call_command(name, *arguments, **options)
