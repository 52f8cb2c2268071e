"""How the benchmarks say what they do: a bar, a table, and a line where one can't go on."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from foundation.config import ConfigurationError
from recognition.errors import RecognitionError, in_words

Advance = Callable[[str, int, int], None]
"""Told what is done, of how many (0: nobody knows), and how many are done."""

FORESEEN: tuple[type[Exception], ...] = (
    ConfigurationError,
    RecognitionError,
    BotoCoreError,
    ClientError,
    OSError,
)


@contextmanager
def progress() -> Iterator[Advance]:
    """Show a progress bar on standard error."""
    with Progress(
        TextColumn("{task.description:>32}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), console=Console(stderr=True),
    ) as shown:  # fmt: skip
        bar = shown.add_task("", total=None)

        def advance(what: str, total: int, done: int) -> None:
            shown.update(bar, description=what, total=total or None, completed=done)

        yield advance


def table(title: str, *headings: str) -> Table:
    """An empty table: words in the first column, figures in the others."""
    made = Table(title=title, title_justify="left")
    for number, heading in enumerate(headings):
        made.add_column(heading, justify="right" if number else "left")
    return made


def positive(text: str) -> int:
    """An argument that is a whole number from 1."""
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def exit_status(part: str, run: Callable[[], object], *failures: type[Exception]) -> int:
    """Run a benchmark. What is foreseen to end it becomes one line on standard error."""
    try:
        run()
    except KeyboardInterrupt:
        print(f"\nbenchmark {part}: stopped", file=sys.stderr)  # noqa: T201
        return 130
    except (*FORESEEN, *failures) as error:
        print(f"benchmark {part}: {in_words(error)}", file=sys.stderr)  # noqa: T201
        return 1
    return 0
