"""The body of a request: unread until somebody says how much of it may come.

Django reads a whole body before it asks anything about the request. Here the request is made first,
with an empty body that is filled later (`faceweb.server.admission`). What is larger than a small
share of memory goes to a file at once, so stalled uploads hold no memory.
"""

import errno
import io
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import IO, Any

from django.conf import settings

from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings

PIECE_BYTES = 1 << 20
COPIES_ON_DISK = 2
"""A body, and the files that Django takes out of it."""


class BodyTooLarge(Exception):
    """The client sent more than it may."""


class ClientLeft(Exception):
    """The connection ended before the body did."""


class DiskRoom:
    """How much of this process's disk all bodies together take. Asked in the event loop alone."""

    def __init__(self, most_bytes: int) -> None:
        self.free = most_bytes

    def take(self, size: int) -> None:
        """Raises OSError when so much is taken already, as a full disk does."""
        if size > self.free:
            raise OSError(errno.ENOSPC, "MAX_UPLOADS_ON_DISK_MB is reached")
        self.free -= size

    def give_back(self, size: int) -> None:
        """Free bytes that a body no longer takes on the disk."""
        self.free += size


@cache
def process_disk_room() -> DiskRoom:
    """The room on the disk that all uploads of this process share."""
    return DiskRoom(int(get_settings().max_uploads_on_disk_mb * 2**20))


Message = Mapping[str, Any]
"""ASGI's: of a request, or of the server's own life."""
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class RequestBody:
    """A file that Django reads from. It is empty until `fill` has run."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._file: IO[bytes] = io.BytesIO()
        self.is_whole = False
        self.is_on_disk = False
        self.size = 0
        self._room = process_disk_room()
        self._reserved = 0

    async def fill(self, most_bytes: int) -> None:
        """Read the body. Raises BodyTooLarge, ClientLeft, and OSError when there is no room."""
        kept, held, more = [b""], 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientLeft
            kept.append(message.get("body", b""))
            held += len(kept[-1])
            more = message.get("more_body", False)
            if self.size + held > most_bytes:
                raise BodyTooLarge
            if held > settings.FILE_UPLOAD_MAX_MEMORY_SIZE or (self.is_on_disk and not more):
                await self._to_disk(b"".join(kept))
                kept, held = [], 0
        if not self.is_on_disk:
            self._file, self.size = io.BytesIO(b"".join(kept)), held
        self._file.seek(0)
        self.is_whole = True

    async def client_leaves(self) -> None:
        """Returns when the client has gone. Call it once the body is whole."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _to_disk(self, content: bytes) -> None:
        self._room.take(COPIES_ON_DISK * len(content))
        self._reserved += COPIES_ON_DISK * len(content)
        if not self.is_on_disk:
            self._file, self.is_on_disk = tempfile.TemporaryFile(), True  # noqa: SIM115 - see close
        self.size += len(content)
        await run_in_thread(self._file.write, content)

    def holds_more_than(self, most: int, signs: bytes) -> bool:
        """Whether more than so many of these letters are in a body that was filled."""
        found = 0
        while found <= most and (piece := self._file.read(PIECE_BYTES)):
            found += sum(map(piece.count, signs))
        self._file.seek(0)
        return found > most

    def in_memory(self) -> bytes:
        """Return all of a body that is not on disk. It is not copied."""
        return self._file.getvalue() if isinstance(self._file, io.BytesIO) else b""

    def read(self, size: int = -1) -> bytes:
        """Read bytes of the body, as a file does."""
        return self._file.read(size)

    def readline(self, size: int = -1) -> bytes:
        """Read one line of the body, as a file does."""
        return self._file.readline(size)

    def close(self) -> None:
        """Close the body's file, and give its room on the disk back."""
        self._file.close()
        self._room.give_back(self._reserved)
        self._reserved = 0
