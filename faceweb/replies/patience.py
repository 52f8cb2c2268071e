"""How long a request waits for what may hang: storage, queues, the database.

A page waits from the moment that it asks for a thread. A picture's sender waits from each step of
storing it: a burst that waits for threads, or a picture that is fetched, is not late.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

R = TypeVar("R")

STEP_SECONDS = 4.5
"""A request waits as long for each thing that may hang behind it."""
MOST_PATIENCE = 6.0
"""How many times as long it gets on a busy machine, at most."""

step_seconds: ContextVar[float | None] = ContextVar("step_seconds", default=None)
"""How long a request waits for one blocking function; None is for ever."""


def patience(seconds: float) -> float:
    """The time that a request gets. It is longer where more programs want to run than there are
    cores: storage is not to blame then."""
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


class StepClock:
    """Gives work in a thread STEP_SECONDS from each step that it begins. The thread only notes the
    moment, and the event loop looks at it when time may be up. To tell the loop of each step would
    wake it four times for a picture."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began: float | None = None
        self.is_over = False

    def begin(self) -> None:
        """A step begins. Called in a thread. Raises TimeoutError once the time was up."""
        self._began = self._now()
        if self.is_over:
            raise TimeoutError("nobody waits for it any more")

    def seconds_left(self) -> float:
        """How long the step that runs may still take. All of its time where none has begun."""
        if self._began is None:
            return STEP_SECONDS
        return self._began + patience(STEP_SECONDS) - self._now()


_clock: ContextVar[StepClock | None] = ContextVar("clock", default=None)


@contextmanager
def step_clock(clock: StepClock) -> Iterator[None]:
    """Within this, in a thread, each step that begins has this clock's time."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


def step_begins() -> None:
    """Say, in a thread, that something follows which may hang. The clock starts again, if the
    request has one. Raises TimeoutError where its client was told already that it took too long."""
    if clock := _clock.get():
        clock.begin()


async def finished(work: asyncio.Future[R], clock: StepClock) -> R:
    """What the work gives. Raises TimeoutError where a step of it hangs. Where nobody waits any
    more, for whatever reason, the work learns it at its next step."""
    left = STEP_SECONDS
    try:
        while not (await asyncio.wait([work], timeout=left))[0]:
            left = clock.seconds_left()
            if left <= 0:
                raise TimeoutError
        return work.result()
    finally:
        clock.is_over = work.cancel()
