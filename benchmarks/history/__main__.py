"""Fill a new database and time every page. `manage.py benchmark history` starts it in a process
whose settings name that database."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import django
from rich.console import Console
from rich.table import Table

from benchmarks.console import positive, table

if TYPE_CHECKING:  # models can be imported only once Django knows the database
    from benchmarks.history.filling import Size
    from benchmarks.history.pages import Timed

LIMIT_SECONDS = 1.0


def arguments_of(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py benchmark history", description=__doc__)
    parser.add_argument("--jobs", type=positive, default=1_000_000, metavar="N")
    parser.add_argument("--people", type=positive, default=100_000, metavar="N")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    options = arguments_of(argv)
    with ExitStack() as entered:
        entered.enter_context(database_of_its_own())
        folder = entered.enter_context(tempfile.TemporaryDirectory("-history"))
        os.environ |= {"VAR_DIR": str(folder), "LOG_LEVEL": "ERROR"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "faceweb.settings"
        return _measure(options, Path(folder))


@contextmanager
def database_of_its_own() -> Iterator[None]:
    """With DATABASE_URL a new database of that server, dropped at the end; else SQLite's file."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        yield
        return
    import psycopg

    name = f"history_benchmark_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    try:
        yield
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _measure(options: argparse.Namespace, folder: Path) -> int:
    django.setup()
    from django.core.management import call_command

    from benchmarks.history import bulk, filling, pages
    from faceweb.people.subject_list import refresh_people
    from foundation.aws.provisioning import provision
    from foundation.aws.storage import gallery_files
    from foundation.config import get_settings
    from localcloud.emulator.emulator_process import running_emulator

    status = Console(stderr=True)
    size = filling.Size(jobs=options.jobs, people=options.people)
    with running_emulator(get_settings(), folder):
        provision(get_settings())
        begun = time.monotonic()
        call_command("migrate", verbosity=0)
        filling.fill(size, status.print)
        filling.write_gallery(size, gallery_files(get_settings()))
        refresh_people(gallery_files(get_settings()))  # as the sweep does in the background
        bulk.tell_the_planner()
        status.print(f"filled in {time.monotonic() - begun:.0f} s")
        found = list(pages.timed(pages.administrator(), pages.addresses(size)))
    Console().print(_table(found, size))
    if options.json:
        print(json.dumps([asdict(one) for one in found]))  # noqa: T201
    return 0 if all(_is_fine(one) for one in found) else 1


def _is_fine(one: Timed) -> bool:
    return one.slowest <= LIMIT_SECONDS and one.status in (200, 302)


def _table(found: Sequence[Timed], size: Size) -> Table:
    title = f"{size.jobs:,} jobs, {size.people:,} people"
    shown = table(title, "page", "status", "median s", "slowest s", "of this processor")
    for one in sorted(found, key=lambda one: -one.slowest):
        seconds = [f"{value:.3f}" for value in (one.median, one.slowest, one.processor)]
        style = "" if _is_fine(one) else "bold red"
        shown.add_row(one.title, str(one.status), *seconds, style=style)
    return shown


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
