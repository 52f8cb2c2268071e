"""A total time for what has none by itself: a name's look-up, and an answer that drips in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

R = TypeVar("R")


def within(seconds: float, function: Callable[[], R]) -> R:
    """Return what the function returns. Raises TimeoutError, and what the function raises.

    The system's resolver can't be stopped: a look-up that takes longer ends in its own thread.
    """
    results: list[R] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run, name="within", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no end after {seconds:g} s")
    return results[0]


class Deadline:
    """Shuts sockets down at its end: a read that waits there fails at once."""

    def __init__(self) -> None:
        self.passed = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []

    def watch(self, connected: socket.socket) -> None:
        """Shut this socket down at the deadline, or now if it has passed.

        A duplicate is kept: TLS takes the socket itself out of its object.
        """
        with self._lock:
            self._sockets.append(connected.dup())
            if self.passed:
                _shut(connected)

    def end(self) -> None:
        """Shut all sockets down."""
        with self._lock:
            self.passed = True
            for connected in self._sockets:
                _shut(connected)

    def close(self) -> None:
        """Forget the sockets, which stay open where they are used."""
        with self._lock:
            for connected in self._sockets:
                connected.close()
            self._sockets.clear()


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """A deadline that begins now and holds within this context."""
    ends = Deadline()
    timer = threading.Timer(seconds, ends.end)
    timer.daemon = True
    timer.start()
    try:
        yield ends
    finally:
        timer.cancel()
        ends.close()


def _shut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
