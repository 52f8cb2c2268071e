"""`faces backup`, `faces restore`: the whole system in one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from faces.django_side import database_ready, django_ready
from faces.errors import Problem
from faces.group import Command
from faces.output import as_json, show

if TYPE_CHECKING:
    from foundation.config import Settings

ON_AWS = click.option(
    "--aws", is_flag=True, help="The system on AWS, with its web tier's settings."
)
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(cls=Command, example="faces backup monday.faces")
@click.argument("file", type=FILE)
@ON_AWS
@as_json
def backup(file: Path, aws: bool, as_json: bool) -> None:
    """Write everything into one file, any time."""
    with _system(aws, may_run=True) as settings:
        from faceweb.backup.saving import back_up

        counts = back_up(settings, file)
    size = file.stat().st_size
    show(
        f"{file}: {counts.rows} rows, {counts.objects} files, {size / 1e6:.1f} MB. "
        "It holds faces and names: keep it as safe as the system.",
        {"file": str(file), "rows": counts.rows, "objects": counts.objects, "bytes": size},
        as_json,
    )


@click.command(cls=Command, example="faces restore monday.faces")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Give up what the system holds now.")
@ON_AWS
@as_json
def restore(file: Path, replace: bool, aws: bool, as_json: bool) -> None:
    """Make a stopped system what a backup holds."""
    with _system(aws, may_run=False) as settings:
        from faceweb.backup.saving import restore as restored

        counts = restored(settings, file, replace)
    show(
        f"Restored {counts.rows} rows and {counts.objects} files. People who were erased since the "
        "backup are back: erase them again.",
        {"file": str(file), "rows": counts.rows, "objects": counts.objects},
        as_json,
    )


@contextmanager
def _system(aws: bool, may_run: bool) -> Iterator[Settings]:
    """Settings that reach the system's storage, whether it runs or not."""
    from foundation.local_state.running_system import recorded_system

    with (database_ready if may_run else django_ready)() as settings:
        if not may_run and recorded_system(settings.var_dir):
            raise Problem("The system runs: stop it first (Ctrl-C), then restore.")
        if aws or settings.aws_endpoint_url:
            yield settings
            return
        from localcloud.system.local_system import storage_at_rest

        with storage_at_rest(settings) as reached:
            yield reached


COMMANDS = (backup, restore)
