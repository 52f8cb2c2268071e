"""How long a request waits for what may hang: storage, queues, the database.

A page waits from the moment that it asks for a thread. A picture's sender waits from each step of
storing it: a burst that waits for threads, or a picture that is fetched, is not late.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

STEP_SECONDS = 4.5
"""A request waits as long for each thing that may hang behind it."""
MOST_PATIENCE = 6.0
"""How many times as long it gets on a busy machine, at most."""

step_seconds: ContextVar[float | None] = ContextVar("step_seconds", default=None)
"""How long a request waits for one blocking function; None is for ever."""
_begin_step: ContextVar[Callable[[], bool]] = ContextVar("begin_step", default=lambda: True)


def patience(seconds: float) -> float:
    """The time that a request gets: more where more programs want to run than there are cores,
    since it is slow then, and storage is not to blame."""
    wanting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * min(max(wanting, 1.0), MOST_PATIENCE)


@contextmanager
def in_time() -> Iterator[None]:
    """Within this, a blocking function that takes too long raises TimeoutError."""
    token = step_seconds.set(patience(STEP_SECONDS))
    try:
        yield
    finally:
        step_seconds.reset(token)


def step_begins() -> bool:
    """Say, in a thread, that something follows which may hang. The clock starts again, if the
    request has one. False where its client was told already that it took too long."""
    return _begin_step.get()()


@contextmanager
def steps_told_to(begin: Callable[[], bool]) -> Iterator[None]:
    """Within this, in a thread, each step that begins is told."""
    token = _begin_step.set(begin)
    try:
        yield
    finally:
        _begin_step.reset(token)


def clock_of(limit: asyncio.Timeout) -> Callable[[], bool]:
    """Gives a request STEP_SECONDS from each call, and tells whether it is in time. Called in
    threads, also after the request's end."""
    loop = asyncio.get_running_loop()

    def restart() -> None:
        with suppress(RuntimeError):  # the request has ended
            limit.reschedule(loop.time() + patience(STEP_SECONDS))

    def begin() -> bool:
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(restart)
        return not limit.expired()

    return begin
