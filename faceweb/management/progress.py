"""Bars of commands that wait for the workers, on the terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Count = Callable[[int, int], None]
"""Told the total, and how many are done."""


@contextmanager
def counting(*descriptions: str) -> Iterator[tuple[Callable[[], None], Sequence[Count]]]:
    """A bar for each description: what stops them before something is asked, and their counts."""
    columns = (
        TextColumn("{task.description:>20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield progress.stop, [_counter(progress, description) for description in descriptions]


def _counter(progress: Progress, description: str) -> Count:
    bar = progress.add_task(description, total=None)
    return lambda total, done: progress.update(bar, total=total, completed=done)
