"""Server-sent events for the fleet's page: one round of work for all who watch, within bounds.

Nothing is asked while nobody watches. A stream ends after a while, and the browser opens the next
one by itself. So a permission that was taken away ends within that time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from faceweb.server.bodies import RequestBody

log = structlog.get_logger()

MOST_WATCHERS = 50
"""Open streams of one web process; each holds a connection and no thread."""
EVERY_SECONDS = 2.0
LIFE_SECONDS = 300.0
FIRST = b"retry: 3000\n\n"
AWAY = b"event: away\ndata: \n\n"

Make = Callable[[], Awaitable[str]]
"""Makes one message: text without line breaks."""


class TooManyWatchers(Exception):
    """This process has as many open streams as it takes."""


class Watchers:
    """The open streams of this process. All of them get the message of one round."""

    def __init__(self, make: Make, most: int = MOST_WATCHERS) -> None:
        self._make, self._most = make, most
        self._stops: set[asyncio.Task[None]] = set()
        self._is_over = False
        self._round: asyncio.Task[bytes] | None = None
        self._due_at = 0.0

    @property
    def count(self) -> int:
        """How many pages are watching."""
        return len(self._stops)

    def open(self, body: RequestBody | None) -> AsyncIterator[bytes]:
        """A new stream, which ends when its client leaves. Raises TooManyWatchers."""
        if self._is_over or self.count >= self._most:
            raise TooManyWatchers
        return self._stream(body)

    def close(self) -> None:
        """End all streams, and take no more: this process stops."""
        self._is_over = True
        for stop in self._stops:
            stop.cancel()

    async def _stream(self, body: RequestBody | None) -> AsyncIterator[bytes]:
        stop = asyncio.create_task(asyncio.sleep(LIFE_SECONDS))
        self._stops.add(stop)
        leaving = asyncio.create_task(body.client_leaves()) if body else stop
        leaving.add_done_callback(lambda _: stop.cancel())
        try:
            yield FIRST
            while True:
                made = self._newest()
                await asyncio.wait([made, stop], return_when=asyncio.FIRST_COMPLETED)
                if stop.done():
                    return
                yield made.result()
                await asyncio.wait([stop], timeout=EVERY_SECONDS)
        finally:
            self._stops.discard(stop)
            leaving.cancel()
            stop.cancel()

    def _newest(self) -> asyncio.Task[bytes]:
        """The message of this round, made or being made."""
        now = asyncio.get_running_loop().time()
        if self._round is None or (self._round.done() and now >= self._due_at):
            self._due_at = now + EVERY_SECONDS
            self._round = asyncio.create_task(self._message())
        return self._round

    async def _message(self) -> bytes:
        try:
            return f"data: {await self._make()}\n\n".encode()
        except Exception as error:  # noqa: BLE001 - watching outlives every outage
            log.warning("fleet_unseen", error=f"{type(error).__name__}: {error}")
            return AWAY
