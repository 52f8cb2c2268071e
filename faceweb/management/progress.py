"""Bars of commands that wait for the workers, on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Count = Callable[[int, int], None]
"""Told the total, and how many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A way to advance each bar, and to leave them as they are before something is asked."""

    counts: Sequence[Count]
    stop: Callable[[], None]


@contextmanager
def counting(*descriptions: str) -> Iterator[Bars]:
    """A bar for each description."""
    columns = (
        TextColumn("{task.description:>20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        counts = [_counter(progress, description) for description in descriptions]
        yield Bars(counts=counts, stop=progress.stop)


def _counter(progress: Progress, description: str) -> Count:
    bar = progress.add_task(description, total=None)
    return lambda total, done: progress.update(bar, total=total, completed=done)
