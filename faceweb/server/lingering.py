"""A transport that closes politely when an answer comes before the request is whole.

Closing a socket that holds unread bytes makes the kernel reset the connection. The client then
loses the answer (413, 401) that it was about to read. So the server says that it sends no more, and
discards what still comes for a moment.
"""

import asyncio
from collections.abc import Callable


class LingeringTransport:
    """What uvicorn uses of a transport; only `close` differs."""

    def __init__(
        self,
        transport: asyncio.Transport,
        is_whole: Callable[[], bool],
        note_end: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._is_whole = is_whole
        self._note_end = note_end
        self._is_ending = False
        self.write = transport.write
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.get_extra_info = transport.get_extra_info
        self.set_protocol = transport.set_protocol
        self.abort = transport.abort
        self.unsent_bytes = transport.get_write_buffer_size

    def is_closing(self) -> bool:
        """Whether the connection is ending."""
        return self._is_ending or self._transport.is_closing()

    def close(self) -> None:
        """Close at once after a whole request; else let the client read its answer first."""
        if self.is_closing():
            return
        if self._is_whole():
            self.close_now()
        else:
            self.linger()

    def linger(self) -> None:
        """Send no more, and discard what comes until the client or the sweep closes."""
        self._is_ending = True
        self._note_end()
        self._transport.write_eof()
        self._transport.resume_reading()

    def close_now(self) -> None:
        """Close the connection without waiting for what the client still sends."""
        self._is_ending = True
        self._transport.close()
