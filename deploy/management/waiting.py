"""Says what is waited for: in place on a terminal, else a line whenever it changes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def progress(console: Console | None = None) -> Iterator[Callable[[str], None]]:
    """Give a function that shows, again and again, what is waited for."""
    console = console or Console(stderr=True)
    began, last = time.monotonic(), ""
    with console.status("Starting") as shown:

        def tell(words: str) -> None:
            nonlocal last
            if console.is_terminal:
                shown.update(f"{words} ({time.monotonic() - began:.0f} s)")
            elif words != last:
                console.print(words, markup=False)
            last = words

        yield tell
