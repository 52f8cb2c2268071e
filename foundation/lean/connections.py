"""HTTP/1.1 to one server, over connections that stay open and are shared by threads in turn.

It understands what AWS answers, and says so where it doesn't (`Unclear`). `http.client` parses an
answer's headers with the parser for e-mail, which costs more than all of this.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

MOST_HEADER_BYTES = 65_536
MOST_IDLE = 32
CHUNK_BYTES = 65_536
JOINED_BYTES = 262_144
"""A body up to this size goes out in one piece with its headers."""


class Unclear(Exception):
    """The answer broke off, or is none that is understood here."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect, and for how many seconds to wait. `tls` is None for plain HTTP."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    connect_seconds: float
    read_seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """The open connections to one server. Use them in the process that made this object."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._idle: list[_Connection] = []

    def exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request and read its answer. Raises OSError and Unclear."""
        connection = self._taken()
        try:
            connection.send(method, path, headers, body)
            answer = connection.answer()
        except BaseException:  # a task's time limit as well: what is left unread is nobody's
            connection.close()
            raise
        if connection.stays_open and len(self._idle) < MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _taken(self) -> _Connection:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread took the last one
                break
            if not connection.is_stale():
                return connection
            connection.close()
        return _Connection(_opened(self._server))


def _opened(server: Server) -> socket.socket:
    opened = socket.create_connection((server.host, server.port), server.connect_seconds)
    try:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.settimeout(server.read_seconds)
        if server.tls is not None:
            return server.tls.wrap_socket(opened, server_hostname=server.host)
    except BaseException:
        opened.close()
        raise
    return opened


class _Connection:
    """One connection, for one request at a time."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._unread = b""
        self.stays_open = False

    def is_stale(self) -> bool:
        """Whether the other side has closed it: then there is something to read, namely the end.

        `poll`, because `select` knows no file of a number over 1,023.
        """
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        self._socket.close()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""])
        first, rest = (body, b"") if len(body) <= JOINED_BYTES else (b"", body)
        self._socket.sendall(head.encode("ascii") + first)
        if rest:
            self._socket.sendall(rest)

    def answer(self) -> Answer:
        status, headers, is_newest = _parsed(self._until(b"\r\n\r\n"))
        body, framed = self._body(headers)
        said = headers.get("connection", "").lower()
        self.stays_open = framed and is_newest and said != "close" and not self._unread
        return Answer(status, headers, body)

    def _body(self, headers: Mapping[str, str]) -> tuple[bytes, bool]:
        """The body, and whether its end was told: otherwise the connection's end is."""
        if "transfer-encoding" in headers:
            if headers["transfer-encoding"].lower() != "chunked":
                raise Unclear(f"transfer-encoding {headers['transfer-encoding']!r}")
            return self._chunks(), True
        length = headers.get("content-length")
        if length is None:
            return self._rest(), False
        if not (length.isascii() and length.isdigit()):
            raise Unclear(f"content-length {length!r}")
        return self._exactly(int(length)), True

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while True:
            size = self._until(b"\r\n").partition(b";")[0].strip()
            try:
                length = int(size, 16)
            except ValueError:
                raise Unclear(f"a chunk of {size[:20]!r} bytes") from None
            if length < 0:
                raise Unclear(f"a chunk of {length} bytes")
            if length == 0:
                break
            parts.append(self._exactly(length))
            if self._exactly(2) != b"\r\n":
                raise Unclear("a chunk without its end")
        while self._until(b"\r\n"):  # headers that come last
            pass
        return b"".join(parts)

    def _received(self) -> bytes:
        received = self._socket.recv(CHUNK_BYTES)
        if not received:
            raise Unclear("the connection broke off")
        return received

    def _until(self, end: bytes) -> bytes:
        """All bytes before `end`, which is taken off, too."""
        while (at := self._unread.find(end)) < 0:
            if len(self._unread) > MOST_HEADER_BYTES:
                raise Unclear("headers without end")
            self._unread += self._received()
        found, self._unread = self._unread[:at], self._unread[at + len(end) :]
        return found

    def _exactly(self, length: int) -> bytes:
        parts, missing = [self._unread], length - len(self._unread)
        while missing > 0:
            parts.append(self._received())
            missing -= len(parts[-1])
        whole = b"".join(parts)
        self._unread = whole[length:]
        return whole[:length]

    def _rest(self) -> bytes:
        parts, self._unread = [self._unread], b""
        while received := self._socket.recv(CHUNK_BYTES):
            parts.append(received)
        return b"".join(parts)


def _parsed(head: bytes) -> tuple[int, dict[str, str], bool]:
    """Status, headers, and whether it is HTTP/1.1."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not status.isdigit() or int(status) < 200:
        raise Unclear(f"an answer that begins with {first[:60]!r}")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Unclear(f"a header line {line[:60]!r}")
        headers[name.strip().lower()] = value.strip()
    return int(status), headers, version == "HTTP/1.1"
