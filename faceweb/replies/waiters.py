"""Clients that wait for an answer: a future each in the event loop, not a thread each."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from faceweb.replies.responses import JobOutcome

log = structlog.get_logger()

FindFinished = Callable[[Sequence[uuid.UUID]], Awaitable[Iterable[JobOutcome]]]

POLL_SECONDS = 0.25
"""How long an answer that another process took may stay unnoticed."""


class Waiters:
    """The jobs that this process's clients wait for. Lives in one event loop."""

    def __init__(self) -> None:
        self._futures: dict[uuid.UUID, set[asyncio.Future[JobOutcome | None]]] = {}
        self._loop = asyncio.get_running_loop()
        self._somebody_waits = asyncio.Event()
        self._is_over = False

    @contextmanager
    def waiting_for(self, job_id: uuid.UUID) -> Iterator[asyncio.Future[JobOutcome | None]]:
        """A future for the job's outcome. Enter it before the job is sent, or miss the answer.

        The outcome is None where the process stops first.
        """
        future: asyncio.Future[JobOutcome | None] = self._loop.create_future()
        if self._is_over:
            future.set_result(None)
        self._futures.setdefault(job_id, set()).add(future)
        self._somebody_waits.set()
        try:
            yield future
        finally:
            self._forget(job_id, future)

    def _forget(self, job_id: uuid.UUID, future: asyncio.Future[JobOutcome | None]) -> None:
        futures = self._futures[job_id]
        futures.discard(future)
        if not futures:
            del self._futures[job_id]
        if not self._futures:
            self._somebody_waits.clear()

    def count(self) -> int:
        """How many jobs are waited for. May be asked from any thread."""
        return len(self._futures)

    def wake(self, outcomes: Sequence[JobOutcome]) -> None:
        """Tell the waiters of these jobs. Called in the event loop."""
        for outcome in outcomes:
            for future in self._futures.get(outcome.job_id, ()):
                if not future.done():
                    future.set_result(outcome)

    def give_up(self) -> None:
        """Let everybody go who waits, now and from now on: this process stops."""
        self._is_over = True
        for future in [one for futures in self._futures.values() for one in futures]:
            if not future.done():
                future.set_result(None)

    def wake_from_thread(self, outcomes: Sequence[JobOutcome]) -> None:
        """The same, from the collector's thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.wake, outcomes)

    async def watch_other_processes(self, find_finished: FindFinished) -> None:
        """Find answers that other web processes took: one query for all waiters, and only while
        somebody waits. Runs until cancelled."""
        while True:
            await self._somebody_waits.wait()
            await asyncio.sleep(POLL_SECONDS)
            if self._futures:
                await self._look(find_finished)

    async def _look(self, find_finished: FindFinished) -> None:
        """One query. A database that is away is asked again, for as long as clients wait."""
        try:
            self.wake(list(await find_finished(list(self._futures))))
        except Exception as error:  # noqa: BLE001 - the watch outlives every outage
            log.warning("answers_not_looked_up", error=f"{type(error).__name__}: {error}")
