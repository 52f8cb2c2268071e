"""Does things of a burst together, because each then takes less of the processor than alone."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, TypeVar

import structlog

from faceweb.replies.threads import with_fresh_connection

T = TypeVar("T")

log = structlog.get_logger()

FEW_CLIENTS = 16
GATHERING_SECONDS = 0.05
"""How long things gather while more clients wait than these. Others are done at once."""
ENOUGH = 10
"""These gain nothing by waiting for more, because SQS takes ten with a call."""


class Gathering(Generic[T]):
    """What is to be done soon, with others. It lives in an event loop. `act` runs in its own
    thread, since a burst's pictures take the other threads for seconds.

    Where `act` hangs, no more than `most` things wait for it. What is added then gets the error
    `refused`.
    """

    def __init__(
        self,
        act: Callable[[Sequence[T]], object],
        waiting: Callable[[], int],
        refused: Callable[[T], object],
        most: int = 1000,
    ) -> None:
        self._act, self._waiting, self._refused, self._most = act, waiting, refused, most
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gathering")
        self._things: list[T] = []
        self._come = asyncio.Event()

    def add(self, *things: T) -> None:
        """Have things done with the next ones. Called in the event loop."""
        room = self._most - len(self._things)
        self._things += things[:room]
        self._come.set()
        for thing in things[room:]:
            self._refused(thing)

    def add_from_thread(self, *things: T) -> None:
        """The same, in any thread. Nothing is done any more where the loop has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.add, *things)

    async def run(self) -> None:
        """Do what comes, until cancelled."""
        while True:
            await self._come.wait()
            if self._waiting() > FEW_CLIENTS and len(self._things) < ENOUGH:
                await asyncio.sleep(GATHERING_SECONDS)
            await self.do_now()

    async def do_now(self) -> None:
        """Do what has come. An error of `act` is logged: this outlives every outage."""
        things, self._things = self._things, []
        self._come.clear()
        if not things:
            return
        try:
            await self._loop.run_in_executor(self._thread, with_fresh_connection, self._act, things)
        except Exception as error:  # noqa: BLE001 - see above
            log.error("gathered_not_done", error=f"{type(error).__name__}: {error}")
