"""What `runlocal` says while it starts and stops."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Progress:
    """A spinner with the step in hand and its seconds where a person looks on; else a line each."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("Starting") if console.is_terminal else None
        self._step = ""
        self._began = time.monotonic()
        if self._status:
            self._status.start()

    def report(self, step: str) -> None:
        """Say what is done now; the step before it is done."""
        self._finish_step()
        self._step, self._began = step, time.monotonic()
        if self._status:
            self._status.update(step)
        else:
            self._console.print(step)

    def _finish_step(self) -> None:
        if self._status and self._step:
            self._console.print(f"{self._step} ({time.monotonic() - self._began:.1f} s)")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within this, the terminal belongs to somebody else."""
        if self._status:
            self._status.stop()
        try:
            yield
        finally:
            if self._status:
                self._status.start()

    def end(self) -> None:
        """Take the spinner away; what is reported from now on is a line each."""
        self._finish_step()
        self._step = ""
        if self._status:
            self._status.stop()
            self._status = None
