"""Connections with bounds: how many there may be, and how long each may take to send its request.

uvicorn gives each request to `faceweb.asgi`. Without them it waits for ever for the rest of a
request, and takes any number of connections. Its option `http` names a protocol class: this one is
uvicorn's own for h11 with a watch around it (decision 0032).
"""

import asyncio
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from faceweb.server.bounds import process_bounds
from faceweb.server.deadlines import RequestPhase, TransferProgress
from faceweb.server.lingering import LingeringTransport

PIECE_BYTES = 16 * 1024
"""Headers and chunks are parsed in such pieces, so that a limit is noticed in between."""
LATE = {
    RequestPhase.HEADERS: "The request's headers did not come in time.",
    RequestPhase.BODY: "The request's body came too slowly.",
}
REASONS = {400: "Bad Request", 408: "Request Timeout", 503: "Service Unavailable"}


class BoundedConnection(H11Protocol):
    """One client's connection. The sweep of `Bounds` asks each whether its time is up."""

    transport: LingeringTransport  # type: ignore[assignment]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count a new connection, or refuse it where there are too many."""
        lingering = LingeringTransport(
            cast(asyncio.Transport, transport), self._is_whole, self._note_end
        )
        super().connection_made(lingering)  # type: ignore[arg-type]
        self._progress = TransferProgress(self.loop.time())
        self._address = self.client[0] if self.client else ""
        self._bounds = process_bounds()
        was_full, refusal = self._bounds.is_full, self._bounds.refusal(self._address)
        self._bounds.enter(self, self._address)
        if refusal:
            self._answer(503, refusal)
            self.transport.close_now() if was_full else self.transport.linger()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection."""
        self._bounds.leave(self, self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what the client sent, piece by piece, and note how fast it comes."""
        while data:
            if self._progress.phase is RequestPhase.END:
                self._progress.add(len(data), 0)
                return
            size = len(data) if self._is_plain_body() else PIECE_BYTES
            self._take(data[:size])
            data = data[size:]

    def _take(self, piece: bytes) -> None:
        progress, now = self._progress, self.loop.time()
        if progress.phase is RequestPhase.NOTHING and self.conn.their_state is h11.IDLE:
            progress.enter(RequestPhase.HEADERS, now)
        was_body = progress.phase is RequestPhase.BODY
        held = len(self.cycle.body) if was_body else 0
        super().data_received(piece)
        self._note_phase(now)
        if was_body and progress.phase is RequestPhase.BODY:
            progress.add(len(piece), len(self.cycle.body) - held)
            if progress.is_mostly_framing():
                self._end(400, "The body comes in chunks that are too small.")

    def _note_phase(self, now: float) -> None:
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.SEND_BODY:
            self._progress.enter(RequestPhase.BODY, now)
        elif self.conn.their_state is not h11.IDLE:
            self._progress.enter(RequestPhase.NOTHING, now)

    def on_response_complete(self) -> None:
        """End a connection whose request was not read to its end."""
        if not self._is_whole():
            self.transport.close()
        super().on_response_complete()
        self._note_phase(self.loop.time())

    def end_if_late(self, now: float) -> None:
        """Close the connection if its client took too long; say so where it can still hear it."""
        progress = self._progress
        if progress.phase is RequestPhase.BODY and self.flow.read_paused:
            progress.begin_window(now)  # it waits for us
        progress.leave_unread(self.transport.unsent_bytes(), now)
        if not progress.is_late(self._bounds.deadlines, now):
            return
        if progress.phase not in LATE or progress.unread_since is not None:
            self.transport.abort()
            return
        self._answer(408, LATE[progress.phase])
        self.transport.close_now()

    def shutdown(self) -> None:
        """End the connection because the server stops."""
        if self.transport.is_closing():
            self.transport.abort()
        else:
            super().shutdown()

    def _is_whole(self) -> bool:
        """True when nothing more of a request is awaited."""
        return self.conn.their_state not in (h11.SEND_BODY, h11.ERROR)

    def _is_plain_body(self) -> bool:
        return self._progress.phase is RequestPhase.BODY and not any(
            name == b"transfer-encoding" for name, _ in self.headers
        )

    def _note_end(self) -> None:
        self._progress.enter(RequestPhase.END, self.loop.time())

    def _end(self, status: int, sentence: str) -> None:
        self._answer(status, sentence)
        self.transport.close()

    def _answer(self, status: int, sentence: str) -> None:
        """Answer without the application, and tell it that the client has left."""
        if self.cycle is not None and not self.cycle.response_complete:
            began, self.cycle.disconnected = self.cycle.response_started, True
            self.cycle.message_event.set()
            if began:
                return
        body = f"{sentence}\n".encode()
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
