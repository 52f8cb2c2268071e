"""What a run says while it lasts: a line that changes where a person looks on, else one a fault."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rich.console import Console
from rich.status import Status

REFRESH_SECONDS = 0.5


class Progress:
    """A status line, and lines that stay. Everything goes to stderr: stdout is for the result."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._status: Status | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def report(self, line: str) -> None:
        """A line that stays."""
        self._console.print(line)

    def show(self, now: Callable[[], str]) -> None:
        """Keep a status line up to date until `end`. Nothing where no person looks on."""
        if not self._console.is_terminal:
            return
        self._status = self._console.status("")
        self._status.start()
        self._thread = threading.Thread(target=self._refresh, args=(now,), daemon=True)
        self._thread.start()

    def _refresh(self, now: Callable[[], str]) -> None:
        while not self._stop.wait(REFRESH_SECONDS):
            if self._status:
                self._status.update(now())

    def end(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()
        if self._status:
            self._status.stop()
