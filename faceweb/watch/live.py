"""Server-sent events for the fleet's page: one round of work for all who watch, within bounds.

Nothing is asked while nobody watches. A stream ends after a while, and the browser opens the next
one by itself: so a permission that was taken away ends within that time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

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
    """The open streams of this process, and the task that feeds them while there are any."""

    def __init__(self, make: Make, most: int = MOST_WATCHERS) -> None:
        self._make = make
        self._most = most
        self._inboxes: set[asyncio.Queue[bytes | None]] = set()
        self._feeding: asyncio.Task[None] | None = None
        self._is_over = False

    @property
    def count(self) -> int:
        return len(self._inboxes)

    def open(self, body: RequestBody | None) -> AsyncIterator[bytes]:
        """A new stream, which ends when its client leaves. Raises TooManyWatchers."""
        if self._is_over or self.count >= self._most:
            raise TooManyWatchers
        return self._stream(body)

    def close(self) -> None:
        """End all streams, and take no more: this process stops."""
        self._is_over = True
        for inbox in self._inboxes:
            _replace(inbox, None)

    async def _stream(self, body: RequestBody | None) -> AsyncIterator[bytes]:
        inbox: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)
        self._inboxes.add(inbox)
        leaving = asyncio.create_task(body.client_leaves()) if body else None
        if leaving:
            leaving.add_done_callback(lambda _: _replace(inbox, None))
        if self._feeding is None or self._feeding.done():
            self._feeding = asyncio.create_task(self._feed())
        try:
            yield FIRST
            async for message in _messages(inbox, LIFE_SECONDS):
                yield message
        finally:
            self._inboxes.discard(inbox)
            if leaving:
                leaving.cancel()

    async def _feed(self) -> None:
        """Make a message in each round, and put it where each stream takes its newest."""
        while self._inboxes:
            message = await self._message()
            for inbox in self._inboxes:
                _replace(inbox, message)
            await asyncio.sleep(EVERY_SECONDS)

    async def _message(self) -> bytes:
        try:
            return f"data: {await self._make()}\n\n".encode()
        except Exception as error:  # noqa: BLE001 - watching outlives every outage
            log.warning("fleet_unseen", error=f"{type(error).__name__}: {error}")
            return AWAY


async def _messages(
    inbox: asyncio.Queue[bytes | None], life_seconds: float
) -> AsyncIterator[bytes]:
    """What comes, until the end is told or the stream's life is over."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + life_seconds
    with suppress(TimeoutError):
        while message := await asyncio.wait_for(inbox.get(), max(ends - loop.time(), 0.0)):
            yield message


def _replace(inbox: asyncio.Queue[bytes | None], message: bytes | None) -> None:
    """A slow client gets the newest message, not all of them. The end is never replaced."""
    if not inbox.empty() and inbox.get_nowait() is None:
        message = None
    inbox.put_nowait(message)
