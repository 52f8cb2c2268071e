"""A time for what has none by itself: a name's look-up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

R = TypeVar("R")


def within(seconds: float, function: Callable[[], R]) -> R:
    """Return what the function returns. Raises TimeoutError, and what the function raises.

    The system's resolver can't be stopped: a look-up that takes longer ends in its own thread.
    """
    found: Future[R] = Future()

    def run() -> None:
        try:
            found.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            found.set_exception(error)

    threading.Thread(target=run, name="within", daemon=True).start()
    return found.result(seconds)
